// The door: a location that takes uploads for a gate. Its settings as written, and compiled.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "folder_store/folder_store.hpp"
#include "image_state/image_key.hpp"
#include "nginx/bucket/bucket_request.hpp"
#include "nginx/config/location_config.hpp"
#include "nginx/host/ngx.hpp"
#include "upload/cloudflare_api/answer.hpp"
#include "upload/imagekit_api/client_rules.hpp"
#include "upload/upload_key.hpp"

extern "C" {
extern ngx_module_t ngx_http_private_image_door_module;
}

namespace private_image {

// A folder of NGINX, as the location that serves it maps URIs to files.
struct FolderOfLocation {
    std::string root;           // of `root` or `alias`
    std::size_t uriOffset = 0;  // how much of the URI is not part of the file's path
};

// A bucket as a store, as the location that signs for it maps URIs to objects.
struct BucketOfLocation : Bucket {
    std::string address;      // of private_image_s3: host and path
    std::string uriStart;     // of an object's URI; the path of its image follows, without a slash
    std::string sourceStart;  // of a copy's source, escaped: "/bucket/"; the object's name follows
    std::size_t uriOffset = 0;  // how much of the URI is not part of the object's name
};

// Another name of the same files or objects: of another gate, or under another host.
struct OtherName {
    std::string identity;
    std::string uriStart;  // the image's URI is this and the file's path after `below`
    std::string below;  // a folder with leading slash: only files in it have the name; empty: all
    const ngx_shm_zone_t* cache = nullptr;  // of that gate; null: it caches nothing
};

// Compiled, as requests use it.
struct Door {
    Dialect dialect = Dialect::imagekit;
    const Gate* gate = nullptr;
    std::string identity;     // of the gate's images
    std::string gateUrl;      // scheme, host and prefix of the gate; ends with a slash
    std::string host;         // of gateUrl, without the port
    std::string location;     // of the door, escaped; begins and ends with a slash
    FolderOfLocation folder;  // the store, if it is no bucket
    std::optional<BucketOfLocation> bucket;  // the store, if it is one
    std::vector<OtherName> otherNames;
    const std::vector<upload::UploadKey>* keys = nullptr;
    FileAccess access;
    std::size_t maxSize = 0;
    ngx_msec_t timeout = 0;
    std::size_t maxUploads = 0;

    std::vector<std::string> variants;  // of the gate, by name
    bool allowsPrivateIds = false;      // Cloudflare's custom ids together with requireSignedURLs
    bool verifies = false;              // every pixel is decoded before an image is stored
    bool acceptsClients = false;        // uploads from browsers, by token or JSON Web Token
    upload::ClientRules clientRules;
    ngx_http_complex_value_t* clientFolder = nullptr;  // null: any

    std::size_t uploads = 0;   // that this worker is reading or storing
    std::size_t unproven = 0;  // of these, those whose credential comes in the form
};

// private_image_upload, as written.
struct DoorSetting {
    Dialect dialect = Dialect::imagekit;
    std::string prefix;  // of the gate; begins and ends with a slash
    bool verifies = false;
    bool allowsPrivateIds = false;
    Position position;
    const ngx_http_core_loc_conf_t* location = nullptr;
    const ngx_http_core_srv_conf_t* server = nullptr;
    Door* door = nullptr;  // once all locations are known
};

// private_image_upload_client, as written.
struct ClientSetting {
    bool isOn = false;
    upload::ClientRules rules;
    ngx_http_complex_value_t* folder = nullptr;
};

// The settings of one location.
struct DoorLocation {
    DoorSetting* setting;  // null: no door
    std::vector<upload::UploadKey>* keys;
    ClientSetting* client;
    ngx_str_t url;    // private_image_upload_url; no data: not written
    ngx_str_t store;  // private_image_store; no data: the gate's own origin
    size_t maxSize;
    ngx_msec_t timeout;
    ngx_uint_t maxUploads;
    ngx_uint_t access;  // as dav_access
};

inline DoorLocation& doorLocation(ngx_http_request_t* r) {
    return *static_cast<DoorLocation*>(r->loc_conf[ngx_http_private_image_door_module.ctx_index]);
}

// Null where the location is no door.
inline Door* doorOf(ngx_http_request_t* r) {
    const DoorSetting* setting = doorLocation(r).setting;
    return setting == nullptr ? nullptr : setting->door;
}

// Where Cloudflare's answers say that images are delivered.
inline upload::Delivery deliveryOf(const Door& door) {
    return {door.gateUrl, door.variants};
}

// A whole body: a file as text needs 4/3 of its bytes, and the form has other parts, too.
std::size_t maxBodyBytes(const Door& door);

// Of the JSON that is kept with an image, in bytes.
std::size_t maxDetailsOf(const Door& door);

// The decoded URI by which the gate asks for the image at `path` (decoded, with leading slash).
std::string uriOf(const Door& door, std::string_view path);

ImageKey imageOf(const Door& door, std::string_view path);

// The decoded URI of the image's object, in the location that signs for the bucket.
std::string storeUriOf(const Door& door, std::string_view path);

// The image's object, for its lock: different for every object of every bucket.
std::string objectOf(const Door& door, std::string_view path);

// All names of the image in shared memory.
std::vector<ImageKey> namesOf(const Door& door, std::string_view path);

// The object as the source of a copy, escaped: "/bucket/folder/a.jpg".
std::string copySourceOf(const Door& door, std::string_view path);

// Discards what is known of the image under all of its names, also for the time after a restart.
// False after a log line if it will be known again after one.
bool discardKnowledge(const Door& door, std::string_view path, ngx_log_t* log);

// Why the door cannot store an image at `path` (decoded, with leading slash): a clause; empty: it
// can.
std::string_view pathError(const Door& door, std::string_view path);

// The image's file below the folder's root, or its object in the bucket, with leading slash.
std::string fileOf(const Door& door, std::string_view path);

}  // namespace private_image
