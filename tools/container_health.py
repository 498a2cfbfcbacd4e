"""Inside the image: is the server of this container ready? The health check of every one of them.

The provider answers `/health` only when its database and its keys are usable; a department
is ready when its start page opens.
"""

import http.client
import os
import sys


def main() -> int:
    """0 when the server answers 200 within three seconds."""
    if "DEPARTMENT_PORT" in os.environ:
        port, path = os.environ["DEPARTMENT_PORT"], "/"
    else:
        port, path = os.environ.get("ONEPASS_PORT", "8000"), "/health"
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=3)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        print(f"no answer on port {port}: {type(error).__name__}")
        return 1
    print(f"{path} on port {port}: {status}")
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
