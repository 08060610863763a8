// Objects with destructors in pool memory, and views of NGINX's strings.
#pragma once

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

#include "nginx/host/ngx.hpp"

namespace private_image {

inline std::string_view view(const ngx_str_t& text) {
    return {reinterpret_cast<const char*>(text.data), text.len};
}

// Does not copy: the view's bytes must outlive the result.
inline ngx_str_t borrow(std::string_view text) {
    return {text.size(), reinterpret_cast<u_char*>(const_cast<char*>(text.data()))};
}

// Room for a text and a terminating zero, which is not counted. Throws std::bad_alloc.
inline ngx_str_t allocateIn(ngx_pool_t* pool, std::size_t size) {
    auto* data = static_cast<u_char*>(ngx_pnalloc(pool, size + 1));
    if (data == nullptr) {
        throw std::bad_alloc();
    }
    data[size] = '\0';
    return {size, data};
}

inline ngx_str_t copyInto(ngx_pool_t* pool, std::string_view text) {
    const ngx_str_t copy = allocateIn(pool, text.size());
    std::copy(text.begin(), text.end(), copy.data);
    return copy;
}

template <typename T>
void destroyInPool(void* object) {
    static_cast<T*>(object)->~T();
}

// Makes an object that is destroyed with the pool. Throws std::bad_alloc.
template <typename T, typename... Arguments>
T* makeInPool(ngx_pool_t* pool, Arguments&&... arguments) {
    ngx_pool_cleanup_t* cleanup = ngx_pool_cleanup_add(pool, sizeof(T));
    if (cleanup == nullptr) {
        throw std::bad_alloc();
    }
    T* object = new (cleanup->data) T(std::forward<Arguments>(arguments)...);
    cleanup->handler = destroyInPool<T>;
    return object;
}

// Calls `visit(element)` for every element of a list until it returns false.
template <typename T, typename Visit>
void forEach(ngx_list_t& list, Visit visit) {
    for (ngx_list_part_t* part = &list.part; part != nullptr; part = part->next) {
        auto* elements = static_cast<T*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; i++) {
            if (!visit(elements[i])) {
                return;
            }
        }
    }
}

}  // namespace private_image
