// Stores one image in a bucket: bytes and mark in one request. A private one is read back, and
// removed where the gate would not see its mark.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "image_state/image_key.hpp"
#include "nginx/bucket/bucket_request.hpp"
#include "nginx/bucket/image_lock.hpp"
#include "nginx/bucket/private_pin.hpp"
#include "upload/outcome.hpp"

namespace private_image {

// What is written, and where.
struct BucketImage {
    std::string uri;      // decoded, in the store's location
    std::string gateUri;  // the same object as the gate asks its origin for it
    BucketBody body;
    std::string type;             // "image/png"
    std::string object;           // address and name of the object, for its lock
    std::vector<ImageKey> names;  // of the image in shared memory
    std::string uploadId;         // also in the details
    std::string details;          // JSON, at most maxObjectDetails bytes
    bool isPrivate = false;
    bool mayReplace = true;
};

enum class WriteProblem : std::uint8_t {
    exists,      // and was not to be replaced
    isBusy,      // others are changing it, and take too long
    markUnseen,  // the gate would not have seen the mark: the image was removed
    refused,     // by the store, which has kept what it had
    silent,      // the store gave no answer in time: it may have the image or not
    unknown,     // the connection broke: likewise
};

struct WriteError {
    WriteProblem problem = WriteProblem::refused;
    std::string detail;  // for the log
};

class BucketWrite {
public:
    BucketWrite(ngx_http_request_t* r, Bucket& bucket, BucketImage image);

    // The last statement of its caller, like BucketRequest::start().
    void start();

    // Called once, with the error or nothing.
    std::function<void(std::optional<WriteError>)> finished;

private:
    using Step = void (BucketWrite::*)();

    void ask(Step next, BucketMethod method, const std::string& uri,
             const std::vector<MetadataHeader>& headers = {}, bool withBody = false);
    void put(bool onlyIfMissing);
    void onLocked(LockResult result);
    void look();
    void onLooked();
    void onPut();
    void onPutUnknown();
    void onConflict();
    void readBack();
    void onReadBack();
    void onStoreRead();
    void onRemoved();
    bool isOurs() const;
    bool isOfAnother() const;
    bool tryAgain(Step step);
    void end(std::optional<WriteError> error, bool isComplete = true);
    void fail(WriteProblem problem, std::string_view what);

    Bucket& bucket_;
    BucketImage image_;
    BucketRequest request_;
    ImageLock lock_;
    PrivatePin pin_;
    WriteError putError_;         // what the PUT ended with, where HEAD shows more
    std::string readBackDetail_;  // why the mark was not seen
    std::string writtenEtag_;     // as the PUT answered
    unsigned tries_ = 0;          // of the last step
    bool isConditional_ = false;
    bool isPutAnswered_ = false;
    bool isReadBackUnknown_ = false;
};

}  // namespace private_image
