/* han: traditional Chinese characters looked up as their simplified forms, so that a phrase is
 * listed once. */
#pragma once
#include <stdint.h>

uint32_t han_simplify(uint32_t cp); /* cp itself where nothing is listed; thread-safe */
