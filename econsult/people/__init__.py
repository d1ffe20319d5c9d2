"""Who takes part: programs, clinics, staff, caregivers, children, and how they sign in and consent."""
