// Reads, changes or removes objects of the bucket, one after the other: what FileJob does in a
// folder.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nginx/bucket/bucket_request.hpp"
#include "nginx/bucket/image_lock.hpp"
#include "nginx/bucket/private_pin.hpp"
#include "nginx/door/door.hpp"
#include "nginx/door/file_job.hpp"

namespace private_image {

class BucketFiles final : public FileWork, public FileResult {
public:
    BucketFiles(ngx_http_request_t* r, const Door& door, FileWork work);

    // The last statement of its caller, like BucketRequest::start().
    void start();

    // Called once, when the result is complete.
    std::function<void()> finished;

private:
    using Step = void (BucketFiles::*)();

    void ask(Step next, BucketMethod method, const std::string& uri,
             const std::vector<MetadataHeader>& headers = {});
    void lockThen(Step next);
    void look();
    void onLooked();
    void change();
    std::vector<MetadataHeader> headersOfCopy(const std::string& json) const;
    void onCopied();
    void onChanged();
    void onOldObjectRemoved();
    void onOldObjectRead();
    void removeCopy();
    void onCopyRemoved();
    void endChange();
    void endUnknown();
    bool isMoved() const { return image.path != paths[at_]; }
    void remove();
    void onRemoved();
    void next();
    void describe();
    std::string storeUri() const { return storeUriOf(door_, paths[at_]); }
    void setError(std::string_view what);
    void fail(std::string_view what);
    void end();

    const Door& door_;
    BucketRequest request_;
    ImageLock lock_;
    std::size_t at_ = 0;  // the path whose turn it is
    bool isRemoving_ = false;
    bool changesMark_ = false;
    bool hasReadTwice_ = false;      // what the gate sees of a change
    bool isAnswered_ = false;        // by the store, the last change
    std::optional<PrivatePin> pin_;  // while an image is edited that is private afterwards
};

}  // namespace private_image
