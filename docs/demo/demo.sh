#!/usr/bin/env bash
# The demo: creates a folder with configuration, key, photographs and a page of signed and unsigned
# URLs, then executes nginx. Called by `./build.sh demo`, which builds the module and downloads the
# photographs first.
set -euo pipefail
umask 022

readonly nginx_binary=$1 module=$2
photos=$(realpath "$3")
readonly photos
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
readonly here
readonly port=${PORT:-8080}
readonly site=http://127.0.0.1:$port
# One folder per port, so that two demos can run at once.
readonly folder=$here/../../build/demo/$port

# Cloudflare's URLs begin with the hash of an account, which is not a secret. This one is invented.
readonly account=qL7vTn0pXw2RkYc5ZbEdHg
readonly ik=/ik/ cf=/cf/$account/
readonly lifetime=7200 # seconds for which the signed URLs of the page are valid

main() {
    # If a child process handled Ctrl-C itself, bash would continue and start the demo anyway.
    trap 'exit 130' INT
    refuse_busy_port
    lay_out
    cd "$folder"
    local nginx_place=(-p "$PWD/" -c nginx.conf -e error.log)
    write_page
    "$nginx_binary" "${nginx_place[@]}" -t -q
    introduce
    # From here on nginx handles all signals; no cleanup is needed afterwards.
    exec "$nginx_binary" "${nginx_place[@]}"
}

refuse_busy_port() {
    if [[ ! $port =~ ^[1-9][0-9]{0,4}$ ]] || ((port > 65535)); then
        echo "demo: PORT=$port is no port number" >&2
        exit 1
    fi
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        echo "demo: port $port is in use; choose another: PORT=8081 ./build.sh demo" >&2
        exit 1
    fi
}

lay_out() {
    rm -rf "$folder"
    mkdir -p "$folder"/{page,temp,uploads,origin/{public,private}}
    link_photograph public/dandelion.jpg seeding_by_Clements_Engelhardt.jpg
    link_photograph public/mountains.jpg picosdeeuropa_by_Aitzol_Berasategi.jpg
    link_photograph private/nuthatch.jpg Kleiber_by_Lukas_Baubkus.jpg
    link_photograph private/fig.jpg Picture_0B_by_freespace.jpg
    cp "$here/watermark.png" "$folder"
    (umask 077 && openssl rand -hex 32 >"$folder/img.key")
    (umask 077 && openssl rand -hex 32 >"$folder/upload.key")
    local basic
    basic=$(printf '%s:' "$(<"$folder/upload.key")" | openssl base64 -A)

    # As root, nginx would run its workers as another user, which may not read this folder.
    local user=
    ((EUID != 0)) || user='user  root;'
    sed -e "s|@USER@|$user|" -e "s|@MODULE@|$module|" -e "s|@PORT@|$port|" -e "s|@HASH@|$account|" \
        -e "s|@BASIC@|$basic|" "$here/nginx.conf" >"$folder/nginx.conf"
}

link_photograph() {
    ln -s "$photos/$2" "$folder/origin/$1"
}

# The page: docs/demo/page.html with the cards of both dialects inserted.
write_page() {
    imagekit_cards >page/imagekit
    cloudflare_cards >page/cloudflare
    sed -e '/@IMAGEKIT@/{r page/imagekit' -e 'd}' -e '/@CLOUDFLARE@/{r page/cloudflare' -e 'd}' \
        -e "s|@HASH@|$account|" "$here/page.html" >page/index.html
    rm page/imagekit page/cloudflare
}

imagekit_cards() {
    local public=${ik}tr:w-720,h-480/public/dandelion.jpg
    local private=${ik}tr:w-720,h-480/private/nuthatch.jpg
    local signed
    signed=$(sign imagekit "$ik" "$private" "$lifetime")
    card 200 public "A public photograph" "Every client may request any size." "$public"
    card 401 unsigned "A private one" "The same request without a signature is refused." "$private"
    card 200 signed "Private, signed" "A valid signature gives access until it expires." "$signed"
    card 401 expired "Signed, too late" "The signature is genuine, but has expired." \
        "$(sign imagekit "$ik" "$private" -60)"
    card 401 bad_signature "Signed, then altered" "The signature above, with a larger size." \
        "${signed/w-720,h-480/w-4000}"
    card 200 variant "Private, public preview" "A named variant with a watermark is public." \
        "${ik}tr:n-preview/private/nuthatch.jpg"
}

cloudflare_cards() {
    local private=${cf}private/fig.jpg/gallery signed
    signed=$(sign cloudflare "$cf" "$private" "$lifetime")
    card 200 public "A public photograph" "Every client may request any size." \
        "${cf}public/mountains.jpg/width=720,height=480,fit=cover"
    card 403 unsigned "A private one" "Its <i>gallery</i> variant needs a signature." "$private"
    card 200 signed "Private, signed" "A valid signature gives access until it expires." "$signed"
    card 403 expired "Signed, too late" "The signature is genuine, but has expired." \
        "$(sign cloudflare "$cf" "$private" -60)"
    card 403 bad_signature "Signed, then altered" \
        "The signature above, with an expiry one day later." "$(later "$signed")"
    card 200 variant "Private, public preview" "A named variant with a watermark is public." \
        "${cf}private/fig.jpg/preview"
}

# sign DIALECT PREFIX TARGET SECONDS-FROM-NOW
sign() {
    "$here/sign.sh" "$1" img.key "$2" "$3" "$(($(date +%s) + $4))"
}

# A forged URL: the same signature with a later expiry.
later() {
    local expiry=${1#*exp=}
    expiry=${expiry%%&*}
    echo "${1/"exp=$expiry"/exp=$((expiry + 86400))}"
}

# card STATUS REASON TITLE SENTENCE TARGET: the expected answer to a request for TARGET. The page's
# script sends the request, and shows the real answer.
card() {
    local status=$1 reason=$2 title=$3 sentence=$4 target=${5//&/'&amp;'} state=refused picture=
    if ((status == 200)); then
        state=allowed
        picture="<img src=\"$target\" width=\"720\" height=\"480\" alt=\"$title\">"
    fi
    cat <<END
      <article class="$state" data-status="$status" data-reason="$reason" data-target="$target">
        <div class="frame">$picture
          <p class="refusal"><svg aria-hidden="true"><use href="#lock"/></svg>No image is sent</p>
        </div>
        <div class="words">
          <h3>$title</h3>
          <p>$sentence</p>
          <p class="answer"><b>$status</b> <span>$reason</span> <small>as configured</small></p>
          <a class="target" href="$target">$target</a>
        </div>
      </article>
END
}

introduce() {
    local private=${ik}tr:w-720,h-480/private/nuthatch.jpg signed expired
    signed=$(sign imagekit "$ik" "$private" "$lifetime")
    expired=$(sign imagekit "$ik" "$private" -60)
    cat <<END
The demo is at  $site/  until Ctrl-C.
Each picture on the page shows its URL; or send requests from another terminal:

  public                 curl -sD - -o photo.jpg '$site${ik}tr:w-720,h-480/public/dandelion.jpg'
  private, refused       curl -sD - '$site$private'
  private, signed        curl -sD - -o photo.jpg '$site$signed'
  private, expired       curl -sD - '$site$expired'
  private, watermarked   curl -sD - -o photo.jpg '$site${ik}tr:n-preview/private/nuthatch.jpg'
  all metrics            curl -s '$site/status'
  an upload, private     curl -s -F file=@photo.jpg -F fileName=photo.jpg -F isPrivateFile=true '$site/upload'

The header X-Demo-Reason contains the reason. Configuration and logs: $(realpath --relative-base="$here/../.." .)/
The page's signatures are valid for $((lifetime / 3600)) hours; docs/demo/sign.sh makes new ones.
END
}

main
