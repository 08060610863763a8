# Compiler options of the module's objects, in addition to those of nginx: C++20, with strict
# warnings. They are target-specific, so that nginx and other modules are compiled as usual.

private_image_objects=`for source in $private_image_sources; do
    echo "$NGX_OBJS/addon/\`basename \\\`dirname $source\\\`\`/\`basename $source .cpp\`.o"
done`

# Only ./build.sh sanitize sets PRIVATE_IMAGE_SANITIZERS. Undefined behaviour ends the process,
# since a report would be overlooked among messages of decoders.
private_image_sanitize=
if [ -n "$PRIVATE_IMAGE_SANITIZERS" ]; then
    private_image_sanitize="-fsanitize=$PRIVATE_IMAGE_SANITIZERS -fno-sanitize-recover=undefined \
        -fno-sanitize=vptr -D_GLIBCXX_ASSERTIONS"
fi

# nginx compiles with -Werror. Here warnings are errors only if PRIVATE_IMAGE_WARNINGS=errors is in
# the environment of make, as ./build.sh test sets it: new warnings of a newer compiler must not
# break a user's build. The objects are the same in both cases.
private_image_warnings="-Wall -Wextra -Wconversion -Wno-missing-field-initializers \
    -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-error \
    \$(if \$(filter errors,\$(PRIVATE_IMAGE_WARNINGS)),-Werror)"

# Most sources include these headers of the C++ library, which are read once: it halves the time to
# build. A source must include what it uses all the same: the tests' other builds have other such
# headers, `lint` has none. Where std::string comes from such a header, g++ warns without reason
# of its bounds.
private_image_common=$NGX_OBJS/common_headers.hpp

# Headers of other projects are found by -isystem, so that our warnings do not apply to them, also
# those of nginx: if a folder is given both ways, the compiler ignores the -I, which is in every
# command. The compiler records which headers an object includes (-MD), so that a changed header,
# also one of nginx, rebuilds only what depends on it.
cat << END                                                    >> $NGX_MAKEFILE

`echo $private_image_objects`: CFLAGS += -include $private_image_common
`echo $private_image_objects`: $private_image_common.gch

$private_image_common:
	for header in algorithm array cstdint functional memory optional span string string_view \
		utility vector; do echo "#include <\$\$header>"; done > \$@

$private_image_common.gch: $private_image_common
	\$(CC) -c $private_image_pic \$(CFLAGS) -x c++-header -o \$@ $private_image_common

`echo $private_image_objects` $private_image_common.gch: CFLAGS += -std=c++20 -fvisibility=hidden \\
	$private_image_warnings $private_image_sanitize -I$ngx_addon_dir/src \\
	`pkg-config --cflags vips gmodule-no-export-2.0 lcms2 libcrypto nlohmann_json | sed 's/-I/-isystem /g'` \\
	\$(patsubst -I%,-isystem%,\$(ALL_INCS)) -MD -MP

-include \$(wildcard $NGX_OBJS/addon/*/*.d)

END
