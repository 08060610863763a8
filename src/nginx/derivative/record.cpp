#include "nginx/derivative/record.hpp"

#include <algorithm>

#include "access/digest.hpp"
#include "transform/canonical.hpp"

namespace private_image {
namespace {

EntrySource entrySourceOf(const Fetch& fetch) {
    return {fetch.source->image, fetch.source->path, fetch.headers.etag, fetch.headers.lastModified,
            fetch.originState};
}

}  // namespace

std::vector<OriginalLifetime> lifetimesOf(const Fetches& fetches) {
    std::vector<OriginalLifetime> lifetimes;
    lifetimes.reserve(fetches.size());
    for (const auto& fetch : fetches) {
        const AnswerHeaders& headers = fetch->headers;
        lifetimes.push_back({headers, headers.ignored, headers.age});
    }
    return lifetimes;
}

EntryRecord makeRecord(const Fetches& fetches, std::size_t sourceBytes) {
    const Fetch& original = *fetches.front();
    EntryRecord record;
    record.encoder = encoderFingerprint();
    record.requestedAt = original.requestedAt;
    for (const auto& fetch : fetches) {
        record.sources.push_back(entrySourceOf(*fetch));
        record.requestedAt = std::min(record.requestedAt, fetch->requestedAt);
    }
    record.sourceBytes = sourceBytes;
    record.lastModified = original.headers.lastModifiedTime;
    fillLifetime(record, lifetimesOf(fetches));
    for (const auto& [name, value] : original.headers.copied) {
        record.headers.emplace_back(name, value);
    }
    return record;
}

std::string revisionOf(const Fetches& fetches) {
    std::string revision;
    for (const auto& fetch : fetches) {
        if (!fetch->originState.revision.isKnown()) {
            return {};
        }
        revision += fetch->source->path + '\n' + fetch->headers.etag + '\n' +
                    std::to_string(fetch->headers.lastModifiedTime) + '\n';
    }
    return revision;
}

std::string makeEntityTag(const std::string& revision, const RenderJob& job, const Gate& gate) {
    std::string text = revision + job.sourcesDigest + '\n';
    text += canonicalText(job.transform) + '\n';
    text += std::string(formatName(job.outcome.rendered->format)) + ' ' + gate.settingsDigest;
    return '"' + sha256Hex(text).substr(0, entityTagLength - 2) + '"';
}

}  // namespace private_image
