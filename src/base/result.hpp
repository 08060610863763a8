// A value or an error, for functions whose failure is an ordinary outcome.
#pragma once

#include <utility>
#include <variant>

namespace private_image {

// Wraps an error so that Result<T, E> can be built from it without ambiguity.
template <typename E>
struct Error {
    E error;
};

template <typename E>
Error(E) -> Error<E>;

template <typename T, typename E>
class [[nodiscard]] Result {
public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(Error<E> failed) : content_(std::in_place_index<1>, std::move(failed.error)) {}

    explicit operator bool() const noexcept { return content_.index() == 0; }

    // Precondition for these four: the result holds a value.
    T& operator*() { return std::get<0>(content_); }
    const T& operator*() const { return std::get<0>(content_); }
    T* operator->() { return &std::get<0>(content_); }
    const T* operator->() const { return &std::get<0>(content_); }

    // Precondition: the result holds an error.
    const E& error() const { return std::get<1>(content_); }

private:
    std::variant<T, E> content_;
};

}  // namespace private_image
