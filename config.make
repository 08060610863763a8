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
        -fno-sanitize=vptr"
fi

# Other people's headers are found by -isystem: our warnings are not meant for them. Which headers
# an object was made of is left to the compiler to note (-MMD), so that a changed one rebuilds no
# more than it must.
cat << END                                                    >> $NGX_MAKEFILE

`echo $private_image_objects`: CFLAGS += -std=c++20 -fvisibility=hidden \\
	-Wall -Wextra -Werror -Wno-missing-field-initializers $private_image_sanitize \\
	-I$ngx_addon_dir/src `pkg-config --cflags vips libcrypto | sed 's/-I/-isystem /g'` -MMD -MP

-include \$(wildcard $NGX_OBJS/addon/*/*.d)

END
