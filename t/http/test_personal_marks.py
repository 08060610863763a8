"""An image whose mark depends on the client is answered as private, and the mark is not stored for
other clients."""

import pytest

import pictures
import signing

PICTURE = pictures.noise(60, 40)

HTTP = """\
private_image_key img.key;
private_image_cache_path cache keys_zone=c:1m;
private_image_cache c;
map $cookie_member $by_cookie { default 1; yes 0; }
map $by_cookie $by_map { 0 0; default 1; }
map $http_x_member $by_header { default 1; yes 0; }
map $arg_member $by_argument { default 0; }
map $remote_addr $by_address { default 0; 127.0.0.9 1; }
map $private_image_path $by_path { default 0; ~secret 1; }
geo $by_geo { default 0; 127.0.0.9 1; }
"""

PERSONAL = {"cookie": "$by_cookie", "map": "$by_map", "header": "$by_header",
            "argument": "$by_argument", "address": "$by_address", "geo": "$by_geo personal",
            "text": "0 personal"}
COMMON = {"path": "$by_path", "plain-geo": "$by_geo", "constant": "0"}

SERVER = """\
{% for name, mark in marks.items() %}
location ^~ /{{ name }}/ { private_image imagekit; private_image_mark {{ mark }};
                           proxy_pass {{ origin }}/; }
{% endfor %}
location ^~ /shared/ { private_image imagekit; private_image_mark $by_cookie;
                       private_image_shared_cache on; proxy_pass {{ origin }}/; }
location ^~ /inside/ { private_image imagekit; private_image_origin /own$private_image_path; }
location ^~ /own/ { internal; private_image_mark $by_cookie; proxy_pass {{ origin }}/; }
"""
MEMBER = {"Cookie": "member=yes", "X-Member": "yes"}


@pytest.fixture(scope="module")
def site(gate):
    return gate(SERVER, http=HTTP, marks={**PERSONAL, **COMMON})


@pytest.mark.parametrize("step", ["", "tr:w-20/"])
@pytest.mark.parametrize("name", PERSONAL)
def test_a_personal_answer_is_private(site, origin, name, step):
    path = origin.publish(PICTURE, etag='"a"', headers={"Cache-Control": "public, max-age=600"})
    for _ in range(2):  # rendered, then from the cache
        answer = site.get(f"/{name}/{step}{path[1:]}", MEMBER)
        assert answer.verdict == (200, "public")
        assert answer.cache_directives() == {"private": True, "max-age": 600}


@pytest.mark.parametrize("step", ["", "tr:w-20/"])
@pytest.mark.parametrize("name", COMMON)
def test_a_mark_that_depends_on_the_image_only_is_not_personal(site, origin, name, step):
    path = origin.publish(PICTURE, headers={"Cache-Control": "max-age=600"})
    answer = site.get(f"/{name}/{step}{path[1:]}", MEMBER)
    assert answer.cache_directives() == {"public": True, "max-age": 600}


@pytest.mark.parametrize("step", ["", "tr:w-20/"])
def test_an_image_public_for_one_client_stays_private_for_others(site, origin, step):
    path = origin.publish(PICTURE, etag='"a"')
    for headers, status in ((MEMBER, 200), ({}, 401), (MEMBER, 200), ({}, 401)):
        assert site.get(f"/cookie/{step}{path[1:]}", headers).status == status


def test_a_shared_cache_gets_no_personal_answer(site, origin):
    path = origin.publish(PICTURE)
    answer = site.get(signing.imagekit(f"/shared/tr:w-20{path}", "/shared/"))
    assert answer.verdict == (200, "signed") and "private" in answer.cache_directives()


@pytest.mark.parametrize("step", ["", "tr:w-20/"])
def test_a_personal_mark_of_the_origins_location_makes_the_image_private(site, origin, step):
    path = origin.publish(PICTURE, etag='"a"')
    assert site.get(f"/inside/{step}{path[1:]}", MEMBER).verdict == (401, "unsigned")


def test_a_second_argument_other_than_personal_is_refused(folder):
    place = folder()
    place.configure(server="location ^~ /i/ { private_image imagekit; private_image_mark 1 other;"
                           " proxy_pass http://127.0.0.1/; }", http="private_image_key img.key;")
    result = place.check()
    assert result.returncode != 0 and 'invalid value "other"' in result.stdout
