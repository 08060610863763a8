# What nginx needs to run under the sanitizers: its source, and changes to a copy of it. Sourced by
# build.sh.

# Downloads the source of Debian's nginx, without Debian's patches. Uses separate package lists in
# build/, since those of the system may not list sources.
fetch_nginx_source() {
    [[ ! -e build/nginx-source ]] || return 0
    local new=$root/build/nginx-source.new
    echo "build.sh: fetching the source of nginx"
    rm -rf "$new" build/nginx-source
    mkdir -p "$new"/{nginx,state/lists/partial,cache/archives/partial}
    (
        cd "$new"
        quietly "$root/build/nginx-source.log" download_nginx_source
        tar -xf nginx_*.orig.tar.gz --strip-components=1 -C nginx
        rm -r state cache
    )
    mv "$new" build/nginx-source
}

download_nginx_source() {
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    apt-get indextargets --format "deb-src [signed-by=$keyring] \$(REPO_URI) \$(RELEASE) main" \
        'Created-By: Packages' 'Origin: Debian' | sort -u >sources.list
    local apt=(-q -o APT::Sandbox::User=root -o Dir::Etc::SourceList="$PWD/sources.list"
        -o Dir::Etc::SourceParts=/dev/null -o Dir::State="$PWD/state"
        -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache="$PWD/cache")
    apt-get "${apt[@]}" update && apt-get "${apt[@]}" source --download-only --tar-only nginx
}

# Changes the copy of nginx's source.
order_threads() {
    local file
    for file in src/os/unix/ngx_atomic.h src/core/ngx_{spinlock,thread_pool}.c; do
        grep -q __atomic_ "$nginx_tree/$file" ||
            sed -i -f t/sanitize/ordered.sed "$nginx_tree/$file"
    done
}

# Builds a library that nginx is linked with, so that its symbols come before GLib's.
build_glib_locks() {
    local source=t/sanitize/glib_locks.cpp library=$output/glib_locks.so flags
    [[ $source -nt $library ]] || return 0
    read -ra flags < <(pkg-config --cflags glib-2.0)
    quietly "$output/glib_locks.log" g++ -std=c++20 -Wall -Wextra -Werror -O1 -g -fPIC -shared \
        -fsanitize=thread "${flags[@]}" -o "$library" "$source" -Wl,--no-as-needed -lglib-2.0
}
