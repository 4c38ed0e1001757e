"""What another engine needs to read this lake: ready SQL, and the least that IAM must allow."""
