# Minimal systems of other Debian releases, for `build.sh test-on`. Sourced by build.sh.

# Once for each; packages that its commands install stay.
make_system() {
    local new=$system.new
    [[ ! -e $system ]] || return 0
    install_missing debootstrap
    echo "build.sh: making a minimal Debian, $1, in build/systems/$1"
    rm -rf "$new"
    quietly "$system.log" unshare --mount \
        debootstrap --variant=minbase "$1" "$new" "$(mirror_of Debian debian)" 8>&-
    cat >"$new/etc/apt/sources.list" <<END
deb $(mirror_of Debian debian) $1 main
deb $(mirror_of Debian debian) $1-updates main
deb $(mirror_of Debian-Security debian-security) $1-security main
END
    apt-config dump | grep -E '^Acquire::(http|https|Check|Retries)' \
        >"$new/etc/apt/apt.conf.d/50host" || true
    mkdir -p "$new"/{usr/local/share,srv/module,srv/nginx}
    cp -r /usr/local/share/ca-certificates "$new/usr/local/share/" 2>/dev/null || true
    mv "$new" "$system"
}

# Where this machine has the archive of that label from.
mirror_of() {
    # shellcheck disable=SC2016 # apt's
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Label: $1" 2>/dev/null |
        sed -n "s|/*\$||p;q" | grep . || echo "http://deb.debian.org/$2"
}

# The working tree without build/: the system has its own, which is kept.
copy_into_system() {
    find "$system/srv/module" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
    tar --exclude=./build -cf - . | tar --no-same-owner -xf - -C "$system/srv/module"
    cp /etc/resolv.conf /etc/hosts "$system/etc/"
}

# Runs build.sh in the system, with a verb and its words, as a child of the first process of its own
# process space: that one inherits whatever loses its parent, and ends it. The network is shared.
# shellcheck disable=SC2317 # called by verb_test_on, in a bash of its own
enter_system() {
    local name kept=()
    mount -t proc proc "$system/proc"
    mount -t sysfs -o ro sysfs "$system/sys"
    mount --rbind /dev "$system/dev"
    mount -t tmpfs tmpfs "$system/dev/shm"
    mount -t tmpfs tmpfs "$system/run"
    if [[ -n $NGINX_SOURCE ]]; then
        mount --bind "$NGINX_SOURCE" "$system/srv/nginx"
        kept=(NGINX_SOURCE=/srv/nginx)
    fi
    for name in TERM PORT http_proxy https_proxy no_proxy; do
        [[ -z ${!name-} ]] || kept+=("$name=${!name}")
    done
    chroot "$system" /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${kept[@]}" \
        /srv/module/build.sh "$@" || return
}

# Until its page is there; it ends with the first process of its system.
show_demo() {
    local demo seconds
    export PORT=${PORT:-8080}
    "${in_system[@]}" demo 8>&- &
    demo=$!
    for ((seconds = 0; seconds < 1800; seconds++)); do
        ! is_page_at "$PORT" || break
        kill -0 $demo 2>/dev/null || fail "the demo ended before it answered"
        sleep 1
    done
    kill -KILL $demo
    wait $demo 2>/dev/null || true
    while is_page_at "$PORT"; do # its system ends a moment later
        sleep 0.1
    done
    ((seconds < 1800)) || fail "the demo does not answer"
    echo "build.sh: the demo answered on http://127.0.0.1:$PORT/"
}

is_page_at() {
    local line=
    { exec 7<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
    printf 'GET / HTTP/1.0\r\n\r\n' >&7
    read -r line <&7 || true
    exec 7>&-
    [[ $line == 'HTTP/1.1 200 '* ]]
}
