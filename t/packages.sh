# Debian packages: which ones each verb needs, how to install them, and how to unpack files of one
# without installing it. Sourced by build.sh.

readonly build_packages=(g++ make pkg-config dpkg-dev libvips-dev liblcms2-dev libssl-dev
    nlohmann-json3-dev fonts-dejavu-core)
# Debian 13 packages each codec of libheif separately: AVIF's encoder, the decoders of AVIF and
# HEIC, and HEIC's encoder, which only tests need.
readonly heif_packages=(libheif-plugin-aomenc libheif-plugin-dav1d libheif-plugin-libde265)
readonly heif_test_packages=(libheif-plugin-x265)
readonly debian_nginx_packages=(nginx nginx-dev)
readonly nginx_source_packages=(libpcre2-dev zlib1g-dev)
readonly demo_packages=(openssl)
readonly photograph_packages=(lomiri-wallpapers-16.04 lomiri-wallpapers-20.04)
# Third-party modules that tests load together with ours; docs/migration.md replaces the first one.
readonly peer_packages=(libnginx-mod-http-image-filter libnginx-mod-http-headers-more-filter
    libnginx-mod-http-srcache-filter libnginx-mod-http-echo)
readonly unit_test_packages=(cmake ninja-build libgtest-dev)
readonly test_packages=("${unit_test_packages[@]}" curl python3-pytest
    python3-pytest-xdist python3-jinja2 python3-h2 python3-pil python3-prometheus-client
    python3-selenium chromium chromium-driver openssl php-cli varnish libgd3 ca-certificates
    python3-boto3 python3-botocore libvips-tools)
readonly s3_server_packages=(python3-swift)
readonly bench_packages=(cmake ninja-build wrk libvips-tools libgd3 python3-pil)
# The versions of clang that compile the fuzz targets, the newest first. Older ones cannot compile
# libstdc++'s ranges.
readonly clang_versions=(19 18 17 16)
readonly fuzz_packages=(cmake ninja-build)
readonly lint_packages=(cppcheck shellcheck pyflakes3 libgtest-dev)

install_missing() {
    local package missing=() installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    for package; do
        grep -qx "installed $package" <<<"$installed" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    echo "build.sh: installing ${missing[*]}"
    quietly build/apt.log as_root apt-get -q update
    quietly build/apt.log as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o DPkg::Lock::Timeout=600 --no-install-recommends install "${missing[@]}"
}

# Installs the packages if libheif's codecs are separate packages, which it names at least as
# suggestions.
install_heif_codecs() {
    # shellcheck disable=SC2016 # dpkg-query's
    ! dpkg-query -W -f '${Depends} ${Recommends} ${Suggests}' libheif1 2>/dev/null |
        grep -q libheif-plugin- || install_missing "$@"
}

# The newest version of clang that is installed, else the newest that apt knows.
choose_clang() {
    for clang in "${clang_versions[@]}"; do
        ! command -v "clang++-$clang" >/dev/null || return 0
    done
    apt_knows_clang || quietly build/apt.log as_root apt-get -q update
    apt_knows_clang || fail "apt has none of the versions of clang ${clang_versions[*]}"
}

apt_knows_clang() {
    for clang in "${clang_versions[@]}"; do
        ! apt_knows "clang-$clang" || return 0
    done
    return 1
}

apt_knows() {
    [[ $(apt-cache pkgnames "$1") =~ (^|$'\n')"$1"($|$'\n') ]]
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "neither root nor sudo: cannot install packages" >&2
        return 1
    fi
}

# The photographs of the demo, two Debian packages of wallpapers.
fetch_photographs() {
    unpack build/photos 'usr/share/backgrounds/*.jpg usr/share/doc/lomiri-wallpapers-20.04/copyright' \
        "${photograph_packages[@]}"
}

# Third-party modules, for Debian's nginx only. They are not installed, since every nginx on this
# machine would then load them.
fetch_peers() {
    [[ -n $NGINX_SOURCE ]] ||
        unpack "${peer_modules#"$root/"}" 'usr/lib/nginx/modules/*.so' "${peer_packages[@]}"
}

# Extracts files of Debian packages into a new folder, without installing the packages.
unpack() {
    local folder=$1 files=$2 new=$root/$1.new package
    shift 2
    [[ ! -e $folder ]] || return 0
    echo "build.sh: fetching $*"
    rm -rf "$new"
    mkdir -p "$new"
    (
        cd "$new"
        quietly "$root/$folder.log" download_packages "$@"
        for package in *.deb; do
            dpkg-deb -x "$package" .
        done
        # shellcheck disable=SC2086 # patterns
        mv $files .
        find . -mindepth 1 -maxdepth 1 \( -type d -o -name '*.deb' \) -exec rm -r {} +
    )
    mv "$new" "$folder"
}

# Needs no root: if the system has no package lists, they are downloaded into build/.
download_packages() {
    local sandbox=(-o APT::Sandbox::User=root)
    apt-get -q "${sandbox[@]}" download "$@" && return
    local state=$root/build/apt
    local lists=("${sandbox[@]}" -o Dir::State="$state" -o Dir::State::lists="$state/lists"
        -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache="$state")
    mkdir -p "$state/lists/partial" "$state/archives/partial"
    apt-get -q "${lists[@]}" update && apt-get -q "${lists[@]}" download "$@"
}
