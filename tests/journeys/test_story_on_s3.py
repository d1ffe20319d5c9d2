"""The story through the API with the blobs in a bucket of a real S3 server; the normal run has it in the browser."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from tests.journeys.media import BIRTH_DATE, NAME, Media, smaller
from tests.journeys.prepared import readable
from tests.journeys.story import Cast
from tests.journeys.told import tell
from tests.services.product import Product
from tests.services.rgw import Gateway


@pytest.mark.slow
def test_the_story_comes_to_its_end_and_the_bucket_holds_nothing_readable(
    s3_product: Product, rgw: Gateway, media: Media, tmp_path: Path
) -> None:
    told = tell(Cast(s3_product), smaller(media), tmp_path)
    renditions = sum(len(attachment["renditions"]) for attachment in told.attachments.values())
    check_bucket(s3_product, rgw, told.child["name"], files=renditions + len(told.attachments))


def check_bucket(s3_product: Product, rgw: Gateway, child: str, files: int) -> None:
    """There are at least so many files, none that can be looked at or tells a name, and none in the data folder."""
    objects = _objects(rgw, "journeys")
    assert len(objects) >= files
    assert {key: found for key, data in objects.items() if (found := readable(data))} == {}
    for words in (NAME, BIRTH_DATE, child):
        assert [key for key, data in objects.items() if words.encode() in data or words in key] == []
    assert [path for path in s3_product.data.rglob("*") if "blobs" in path.parts and path.is_file()] == []


def _objects(rgw: Gateway, bucket: str) -> dict[str, bytes]:
    """Every object of the bucket, read with the operator's key."""
    client = boto3.client(
        "s3",
        endpoint_url=rgw.endpoint,
        aws_access_key_id=rgw.key_id,
        aws_secret_access_key=rgw.secret,
        region_name="us-east-1",
    )
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
    found = {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    client.close()
    return found
