# How the module's own objects are compiled, beyond what nginx tells its compiler for all: as C++20,
# strictly. Target-specific, so that nginx and the modules built beside ours are compiled as ever.

private_image_objects=`for source in $private_image_sources; do
    echo "$NGX_OBJS/addon/\`basename \\\`dirname $source\\\`\`/\`basename $source .cpp\`.o"
done`

# Only ./build.sh sanitize sets PRIVATE_IMAGE_SANITIZERS. Anything undefined ends the process, as a
# report in passing would be lost among a decoder's complaints.
private_image_sanitize=
if [ -n "$PRIVATE_IMAGE_SANITIZERS" ]; then
    private_image_sanitize="-fsanitize=$PRIVATE_IMAGE_SANITIZERS -fno-sanitize-recover=undefined \
        -fno-sanitize=vptr -D_GLIBCXX_ASSERTIONS"
fi

# nginx makes errors of all warnings. Here they are errors only while make finds
# PRIVATE_IMAGE_WARNINGS=errors in its environment, as ./build.sh sets it to test: a newer compiler,
# which warns of more, must not stop a user's build. The objects are the same either way.
private_image_warnings="-Wall -Wextra -Wconversion -Wno-missing-field-initializers -Wno-error \
    \$(if \$(filter errors,\$(PRIVATE_IMAGE_WARNINGS)),-Werror)"

# Other people's headers are found by -isystem: our warnings are not meant for them. That holds for
# nginx's too: where a folder is given both ways, the compiler passes over the -I, which is in every
# command. Which headers an object was made of is left to the compiler to note (-MD), so that a
# changed one, of nginx also, rebuilds no more than it must.
cat << END                                                    >> $NGX_MAKEFILE

`echo $private_image_objects`: CFLAGS += -std=c++20 -fvisibility=hidden \\
	$private_image_warnings $private_image_sanitize -I$ngx_addon_dir/src \\
	`pkg-config --cflags vips lcms2 libcrypto nlohmann_json | sed 's/-I/-isystem /g'` \\
	\$(patsubst -I%,-isystem%,\$(ALL_INCS)) -MD -MP

-include \$(wildcard $NGX_OBJS/addon/*/*.d)

END
