"""The ways in which the services' published pages mark an image private, each from its command to
what the gate then shows: a header of the origin, metadata of an S3 object, and an upload. The
configurations of uploads are those of docs/uploads.md."""

import dataclasses
import json
import re
import subprocess

import pytest

import documents
import pictures
import s3_origin
import signing

PHOTO = pictures.plain(90, 60, (200, 0, 0))
UPLOADS = [block for block in documents.CONFIGURATIONS
           if block.name.startswith("uploads.md") and "private_image_upload " in block.text]
FOLDER, BUCKET, CLOUDFLARE = UPLOADS
ACCOUNT = re.search(r"account=(\w+)", CLOUDFLARE.text)[1]
HASH = re.search(r"cloudflare /(\w+)/;", CLOUDFLARE.text)[1]


def curl(*arguments):
    result = subprocess.run(["curl", "--silent", "--show-error", "--max-time", "20", *arguments],
                            capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def is_private(site, target, sign, status):
    """The original and a transformation of it are refused, until they are signed."""
    return ([site.get(one).status for one in target] == [status] * 2
            and [site.get(sign(one)).status for one in target] == [200] * 2)


def imagekit(target):
    return signing.imagekit(target, "/img/")


def test_a_header_of_the_origin(gate, origin):
    """The web server answers with `Is-Private-File: true`."""
    origin.publish(PHOTO, "/photos/photo.jpg", headers={"Is-Private-File": "true"})
    site = gate("""
        location ^~ /img/ {
            private_image     imagekit;
            private_image_key img.key;
            proxy_pass        {{ origin }}/photos/;
        }
    """)
    assert is_private(site, ("/img/photo.jpg", "/img/tr:w-20/photo.jpg"), imagekit, 401)


def test_metadata_of_an_s3_object(gate):
    """aws s3 cp photo.jpg s3://pictures/ --metadata isPrivateFile=true"""
    bucket = s3_origin.S3Origin()
    try:
        bucket.client().put_object(Bucket="pictures", Key="photo.jpg", Body=PHOTO,
                                   Metadata={"isPrivateFile": "true"})
        site = gate("""
            location ^~ /img/ {
                private_image     imagekit;
                private_image_key img.key;
                private_image_s3  {{ s3 }}/pictures region=eu-test-1 credentials=s3.credentials;
                proxy_pass        http://{{ s3 }}$private_image_s3_path;
            }
        """, s3=bucket.address, files={"conf/s3.credentials": s3_origin.credentials_file()})
        assert is_private(site, ("/img/photo.jpg", "/img/tr:w-20/photo.jpg"), imagekit, 401)
    finally:
        bucket.close()


# Uploads

@pytest.fixture
def bucket():
    bucket = s3_origin.S3Origin(region="us-east-1", bucket="photos")
    yield bucket
    bucket.close()


@pytest.fixture
def configured(folder, request, bucket):
    """Runs a configuration of docs/uploads.md; of its host names and addresses, ours are used."""
    def run(block):
        text = block.text.replace("127.0.0.1:9000", bucket.address)
        place = documents.lay_out(folder({**documents.FILES, "photo.jpg": PHOTO}),
                                  dataclasses.replace(block, text=text))
        (place.path / "files").mkdir(exist_ok=True)
        return documents.start(place, request)
    return run


@pytest.mark.parametrize("block", (FOLDER, BUCKET), ids=("folder", "bucket"))
def test_an_upload_with_is_private_file(configured, block):
    """Pass the parameter `isPrivateFile` as `true` in the image upload request:

        curl -X POST "https://upload.imagekit.io/api/v1/files/upload" -u your_private_api_key: \\
            -F 'file=@/path/to/photo.jpg' -F 'fileName=my_file_name.jpg' -F 'isPrivateFile=true'
    """
    site = configured(block)
    key = (site.folder.path / "conf/upload.key").read_text().strip()
    image = curl("-X", "POST", f"http://127.0.0.1:{site.port}/api/v1/files/upload",
                 "-u", f"{key}:", "-F", f"file=@{site.folder.path}/photo.jpg",
                 "-F", "fileName=my_file_name.jpg", "-F", "isPrivateFile=true")
    path = image["filePath"]
    assert is_private(site, ("/img" + path, "/img/tr:w-20" + path), imagekit, 401)


@pytest.mark.parametrize("version", ("v1", "v2"))
def test_a_one_time_url_with_require_signed_urls(configured, version):
    """Pass a JSON blob with the `requireSignedURLs` property set to `true` at the time you request
    a one-time upload URL:

        curl --request POST \\
            https://api.cloudflare.com/client/v4/accounts/<ACCOUNT_ID>/images/v1/direct_upload \\
            --header "Authorization: Bearer <API_TOKEN>" --header "Content-Type: application/json" \\
            --data '{"requireSignedURLs":"true"}'
    """
    site = configured(CLOUDFLARE)
    token = (site.folder.path / "conf/api.token").read_text().strip()
    api = f"http://127.0.0.1:{site.port}/client/v4/accounts/{ACCOUNT}/images"
    issued = curl("--request", "POST", f"{api}/{version}/direct_upload",
                  "--header", f"Authorization: Bearer {token}",
                  "--header", "Content-Type: application/json",
                  "--data", '{\n\t"requireSignedURLs":"true"\n }')["result"]
    image = curl("--request", "POST", issued["uploadURL"],
                 "--form", f"file=@{site.folder.path}/photo.jpg")["result"]
    assert image["id"] == issued["id"]
    assert is_private(site, [f"/{HASH}/{image['id']}/{name}" for name in ("public", "w=20")],
                      signing.cloudflare, 403)
