// NGINX's C headers, and the module's own objects.
#pragma once

extern "C" {
#include <nginx.h>
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_thread_pool.h>

extern ngx_module_t ngx_http_private_image_module;
extern ngx_module_t ngx_http_private_image_last_module;
extern ngx_module_t ngx_http_private_image_first_module;
}
