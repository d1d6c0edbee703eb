// OpenSSL 3, with the macros that Swift does not import as functions.
#ifndef COPENSSL_H
#define COPENSSL_H

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

/// TLS 1.2 and 1.3 alone; the same configuration wherever the process runs.
static inline int copenssl_set_rules(SSL_CTX *context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // One read(2) takes what has come, not a record's head and then its rest.
  SSL_CTX_set_read_ahead(context, 1);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
         SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1;
}

static inline int copenssl_add_chain(SSL_CTX *context, X509 *certificate) {
  return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

static inline void copenssl_set_ticket_data(SSL_CTX *context, void *data) { SSL_CTX_set_app_data(context, data); }
static inline void *copenssl_ticket_data(const SSL *ssl) { return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)); }

/// A ticket's cipher and its code, both ways: RFC 5077 §4 recommends a block cipher and HMAC-SHA-256. `key` has 16 bytes
/// of a name, 32 of AES and 32 of the code.
static inline int copenssl_ticket(const unsigned char *key, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                                  EVP_MAC_CTX *code, int encrypts) {
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)(key + 48), 32),
                             OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
                             OSSL_PARAM_construct_end()};
  return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key + 16, iv, encrypts) == 1 &&
         EVP_MAC_CTX_set_params(code, parameters) == 1;
}

static inline int copenssl_set_name(SSL *ssl, const char *name) { return (int)SSL_set_tlsext_host_name(ssl, name); }

static inline int copenssl_is_unexpected_end(unsigned long error) {
  return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

static inline int copenssl_is_end_of_pem(unsigned long error) {
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static inline unsigned long copenssl_name_format(void) { return XN_FLAG_RFC2253; }

static inline EVP_PKEY *copenssl_new_p256_key(void) { return EVP_EC_gen("P-256"); }

/// What BIO_s_mem(3) holds; it stays there.
static inline long copenssl_memory(BIO *memory, char **bytes) { return BIO_get_mem_data(memory, bytes); }

#endif
