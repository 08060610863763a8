// One request to a bucket, by a subrequest in the location of the store: what it asks, and the
// answer's headers. Bodies of answers are dropped, but for those of send().
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "access/privacy_mark.hpp"
#include "nginx/config/location_config.hpp"
#include "nginx/host/ngx.hpp"
#include "nginx/s3_origin/bucket_call.hpp"
#include "s3/object_metadata.hpp"

namespace private_image {

// How a door reaches its bucket: NGINX's own locations lead there.
struct Bucket {
    const ngx_http_core_srv_conf_t* server = nullptr;  // whose locations are searched
    std::string host;                                  // the value of $host there
    const Gate* gate = nullptr;                        // which reads the mark of answers
    bool refusesConditions = false;  // the store answers 501 to "If-None-Match: *"
};

enum class BucketMethod : std::uint8_t { head, put, remove, get };

struct BucketBody {
    int descriptor = -1;  // read from its first byte
    off_t size = 0;
    std::string sha256;  // in lower-case hex
};

struct BucketAnswer {
    ngx_uint_t status = 0;                // 502 and 504: NGINX's, where the store gave no answer
    std::vector<MetadataHeader> headers;  // which a copy would have to repeat
    bool isOfStore = false;               // else the store gave no answer
    Mark mark = Mark::unknown;            // as the gate reads it
    std::string details;                  // JSON, of the object's metadata; may be empty
    std::string etag;
    off_t length = -1;
    time_t lastModified = -1;
};

bool isSuccess(const BucketAnswer& answer);

// The store says that it has no such object.
bool isMissingObject(const BucketAnswer& answer);

// What has become of the request is not known.
bool isUnknownAnswer(const BucketAnswer& answer);

class BucketRequest {
public:
    BucketRequest(ngx_http_request_t* r, const Bucket& bucket);
    ~BucketRequest();
    BucketRequest(const BucketRequest&) = delete;

    // Asks for the object at `uri` (decoded). `finished` is called from an event of its own, once,
    // unless this object is gone by then. The last statement of its caller: the client's request
    // may be gone when it returns. False: NGINX refuses, and `finished` is never called.
    bool start(BucketMethod method, const std::string& uri,
               const std::vector<MetadataHeader>& headers = {}, const BucketBody* body = nullptr);

    std::function<void()> finished;

    // Sends the bytes of the object with that ETag and length to the client, to which the header
    // was sent, and which must leave the rest of the answer to this: it returns what a content
    // handler returns. An error, or an object with another ETag or length, closes the connection.
    ngx_int_t send(const std::string& uri, std::string etag, std::uint64_t length);

    // The first body filter of the subrequest. False for more bytes than send() was called for.
    bool expectsBytes(const ngx_chain_t* in);

    const BucketAnswer& answer() const { return answer_; }

    // The subrequest has its location, and enters the phase of content: its length becomes known
    // now, so that client_max_body_size of that location is not applied to it.
    void enterContent(ngx_http_request_t* sr) const;

    // The header filter of the subrequest.
    ngx_int_t filterHeader(ngx_http_request_t* sr);

    // The subrequest's answer goes to the client.
    bool isSending() const { return !sentEtag_.empty(); }

private:
    struct Call : BucketCall {
        BucketRequest* owner = nullptr;
    };
    friend BucketRequest* bucketRequestOf(ngx_http_request_t* r);

    void prepare(ngx_http_request_t* sr, BucketMethod method,
                 const std::vector<MetadataHeader>& headers, const BucketBody* body);
    void setBody(ngx_http_request_t* sr, const BucketBody& body);
    ngx_http_request_t* makeSubrequest(const std::string& uri, ngx_http_post_subrequest_pt ended,
                                       ngx_uint_t flags, BucketMethod method,
                                       const std::vector<MetadataHeader>& headers,
                                       const BucketBody* body);
    void readHeader(ngx_http_request_t* sr);
    static ngx_int_t onSent(ngx_http_request_t* sr, void* data, ngx_int_t rc);
    friend bool isBucketSubrequest(ngx_http_request_t* r);
    static ngx_int_t onFinalized(ngx_http_request_t* sr, void* data, ngx_int_t rc);
    static void onEvent(ngx_event_t* event);

    ngx_http_request_t* r_;
    const Bucket& bucket_;
    Call call_;
    BucketAnswer answer_;
    ngx_event_t event_{};
    off_t bodySize_ = -1;
    std::string sentEtag_;      // of send()
    std::uint64_t unsent_ = 0;  // bytes of send() that have not come yet
    bool hasClientLeft_ = false;
};

// True also where an internal redirect, such as X-Accel-Redirect of the store, has led the
// subrequest elsewhere: its answer goes to no client.
bool isBucketSubrequest(ngx_http_request_t* r);

// The request whose subrequest this is; null: none, or led elsewhere.
BucketRequest* bucketRequestOf(ngx_http_request_t* r);

}  // namespace private_image
