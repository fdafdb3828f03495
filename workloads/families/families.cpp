#include <algorithm>
#include <array>

#include "workloads/families/family.hpp"

namespace forerun {

namespace {

constexpr std::array kFamilies{
    Family{"cosmoflow", "3-D convolutional network of cosmology: CosmoFlow", build_cosmoflow},
    Family{"inception-v3", "Inception v3, with or without its auxiliary head", build_inception_v3},
    Family{"mobilenet-v2", "MobileNet v2 of any width", build_mobilenet_v2},
    Family{"resnet", "residual networks of basic or bottleneck blocks, for ImageNet or CIFAR", build_resnet},
    Family{"unet", "U-Net for segmentation, padded or not", build_unet},
    Family{"vgg", "VGG with 11, 13, 16 or 19 layers", build_vgg},
    Family{"dlrm", "recommendation from dense features and embedding tables: DLRM", build_dlrm},
    Family{"lstm", "word language model of LSTM layers", build_lstm},
    Family{"matrix-factorisation", "ratings as dot products of users' and items' vectors, by gradient descent", build_matrix_factorisation},
    Family{"mllib-als", "Spark MLlib: alternating least squares, an iteration a step", build_mllib_als},
    Family{"mllib-k-means", "Spark MLlib: k-means, an iteration a step", build_mllib_k_means},
    Family{"mllib-linear-regression", "Spark MLlib: linear regression by L-BFGS, an iteration a step", build_mllib_linear_regression},
    Family{"mllib-logistic-regression", "Spark MLlib: logistic regression by L-BFGS, an iteration a step", build_mllib_logistic_regression},
    Family{"gpt", "decoder-only transformer with learned positions and layer norms: GPT-2, GPT-3, Megatron", build_gpt},
    Family{"llama", "decoder-only transformer with rotary positions and gated feed-forward layers, dense or of experts: Llama, Mixtral",
           build_llama},
    Family{"bert", "transformer encoder of tokens: BERT", build_bert},
    Family{"vit", "transformer encoder of image patches: ViT", build_vit},
    Family{"deepseek", "decoder-only transformer with latent attention, routed and shared experts: DeepSeek-V2, DeepSeek-V3",
           build_deepseek},
};

}  // namespace

std::span<const Family> families() { return kFamilies; }

const Family* find_family(std::string_view name) {
  const auto found = std::ranges::find(kFamilies, name, &Family::name);
  return found == kFamilies.end() ? nullptr : &*found;
}

}  // namespace forerun
