// This page answers a form that was refused. Without this, the browser would ask to send that form again when the
// person comes back here or reloads; with it, this place in the history becomes a plain look at the form's page.
history.replaceState(history.state, "", document.querySelector("link[rel=canonical]").href);
