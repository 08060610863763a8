# The planted faults are compiled with the same flags as the module.
cat << END                                                    >> $NGX_MAKEFILE

$NGX_OBJS/addon/sanitize/planted_faults.o: CFLAGS += $private_image_sanitize

END
