#include "nginx/config/location_tree.hpp"

namespace private_image {
namespace {

using Nodes = std::deque<LocationNode>;

const ngx_http_core_loc_conf_t& coreOf(const ngx_http_core_srv_conf_t& server) {
    return *static_cast<const ngx_http_core_loc_conf_t*>(
        server.ctx->loc_conf[ngx_http_core_module.ctx_index]);
}

void addLevel(const ngx_http_core_loc_conf_t& level, const LocationNode* outer, Nodes& nodes);

void add(const ngx_http_core_loc_conf_t* core, const LocationNode* outer, bool isPrefix,
         Nodes& nodes) {
    if (core != nullptr) {
        nodes.push_back({core, outer, isPrefix});
        const LocationNode& node = nodes.back();
        addLevel(*core, &node, nodes);
    }
}

void addTree(const ngx_http_location_tree_node_t* tree, const LocationNode* outer, Nodes& nodes) {
    if (tree == nullptr) {
        return;
    }
    addTree(tree->left, outer, nodes);
    add(tree->exact, outer, true, nodes);
    add(tree->inclusive, outer, true, nodes);
    addTree(tree->tree, outer, nodes);
    addTree(tree->right, outer, nodes);
}

void addList(ngx_http_core_loc_conf_t** list, const LocationNode* outer, Nodes& nodes) {
    for (; list != nullptr && *list != nullptr; list++) {
        add(*list, outer, false, nodes);
    }
}

ngx_http_core_loc_conf_t** regexesOf([[maybe_unused]] const ngx_http_core_loc_conf_t& level) {
#if (NGX_PCRE)
    return level.regex_locations;
#else
    return nullptr;
#endif
}

void addLevel(const ngx_http_core_loc_conf_t& level, const LocationNode* outer, Nodes& nodes) {
    addTree(level.static_locations, outer, nodes);
    addList(regexesOf(level), outer, nodes);
}

}  // namespace

std::deque<LocationNode> locationsOf(const ngx_http_core_srv_conf_t& server) {
    Nodes nodes;
    addLevel(coreOf(server), nullptr, nodes);
    addList(server.named_locations, nullptr, nodes);
    return nodes;
}

ngx_http_core_loc_conf_t** regexesBeside(const ngx_http_core_srv_conf_t& server,
                                         const LocationNode& node) {
    return regexesOf(node.outer == nullptr ? coreOf(server) : *node.outer->core);
}

std::span<ngx_http_core_srv_conf_t*> serversOf(ngx_conf_t* cf) {
    const auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    return {static_cast<ngx_http_core_srv_conf_t**>(core->servers.elts), core->servers.nelts};
}

}  // namespace private_image
