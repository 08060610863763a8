#!/usr/bin/env bash
# Signs a URL as the clients of the two services do, with openssl only: an example for any language.
# For the demo's key; do not pass a real key on a command line, where other users can see it.
set -euo pipefail

if (($# != 5)); then
    cat >&2 <<'END'
usage: sign.sh imagekit|cloudflare KEYFILE PREFIX TARGET EXPIRY

  PREFIX   the part before the image's path, as in private_image_prefix: /ik/
  TARGET   path and query as they are sent, already escaped: /ik/tr:w-600/photo.jpg
  EXPIRY   unix time in seconds: $(date -d '+1 hour' +%s)
END
    exit 2
fi
readonly dialect=$1 key_file=$2 prefix=$3 target=$4 expiry=$5

# $(...) drops the trailing newline of the key, as the module does.
hmac() {
    openssl dgst "-$1" -hmac "$(<"$key_file")" -r | cut -d ' ' -f 1
}

# Separates another parameter from the target.
joint='?'
[[ $target != *\?* ]] || joint='&'

case $dialect in
    imagekit)
        # The signed text is the part after the prefix, followed directly by the expiry.
        signature=$(printf '%s%s' "${target#"$prefix"}" "$expiry" | hmac sha1)
        echo "$target${joint}ik-t=$expiry&ik-s=$signature"
        ;;
    cloudflare)
        # The signed text is the whole target with the expiry; the signature is the last parameter.
        signature=$(printf '%s' "$target${joint}exp=$expiry" | hmac sha256)
        echo "$target${joint}exp=$expiry&sig=$signature"
        ;;
    *)
        echo "sign.sh: there is no dialect \"$dialect\"" >&2
        exit 2
        ;;
esac
