// Which images a purge request names.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace private_image {

// The URI without the name of the purge location, with a leading slash. A URI that does not begin
// with the name is returned whole. Empty if the name ends within a segment.
std::string_view pathAfterLocation(std::string_view uri, std::string_view locationName);

// The paths of images that `path` may name. With private_image_prefix /img/, both /purge/a.jpg and
// /purge/img/a.jpg name /img/a.jpg, whose path below the prefix is /a.jpg. Without a prefix ("/"),
// `path` is the whole path, or the path after one of `gatePrefixes`, the prefixes of the server's
// gates. All are purged; an image that was not meant is fetched once more.
std::vector<std::string> candidatePaths(std::string_view path, std::string_view prefix,
                                        std::span<const std::string_view> gatePrefixes);

}  // namespace private_image
