# How the module's own objects are compiled, beyond what nginx tells its compiler for all: as C++20,
# strictly. Target-specific, so that nginx and the modules built beside ours are compiled as ever.

private_image_objects=`for source in $private_image_sources; do
    echo "$NGX_OBJS/addon/\`basename \\\`dirname $source\\\`\`/\`basename $source .cpp\`.o"
done`

# Other people's headers are found by -isystem: our warnings are not meant for them. Which headers
# an object was made of is left to the compiler to note (-MMD), so that a changed one rebuilds no
# more than it must.
cat << END                                                    >> $NGX_MAKEFILE

`echo $private_image_objects`: CFLAGS += -std=c++20 -fvisibility=hidden \\
	-Wall -Wextra -Werror -Wno-missing-field-initializers \\
	-I$ngx_addon_dir/src `pkg-config --cflags vips libcrypto | sed 's/-I/-isystem /g'` -MMD -MP

-include \$(wildcard $NGX_OBJS/addon/*/*.d)

END
