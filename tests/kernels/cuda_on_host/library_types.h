#pragma once

// Types of elements, as CUDA's libraries number them.

enum cudaDataType_t { CUDA_R_32F = 0, CUDA_R_16BF = 14 };
