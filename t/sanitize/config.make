# The planted faults are compiled as the product's module is.
cat << END                                                    >> $NGX_MAKEFILE

$NGX_OBJS/addon/sanitize/planted_faults.o: CFLAGS += $private_image_sanitize

END
