// epoll-floor PORT ANSWER CLOSING: what the kernel costs.
//
// One thread, one epoll descriptor, one read and one write buffer. Every request head is answered with the bytes of the
// file ANSWER, or, where the head says `Connection: close`, with those of CLOSING; nothing else of HTTP is looked at.
// The system calls are those of Vitrine's event loop, so the difference between the two is what Swift and a real
// server cost. A yardstick, not a server: no bodies, no deadlines, and a client that does not read is cut off.

#define _GNU_SOURCE  // accept4

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { batch_max = 256, descriptors_max = 65536, read_bytes = 64 << 10, write_bytes = 256 << 10 };

struct bytes {
  char *start;
  size_t count;
};

static struct bytes answer, closing;
static char input[read_bytes], output[write_bytes];
// The beginning of a head whose end has not come yet, by descriptor; an idle connection holds none.
static struct bytes unfinished[descriptors_max];

static void fail(const char *what) {
  perror(what);
  exit(EXIT_FAILURE);
}

static struct bytes contents(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail(path);
  struct bytes all = {malloc(write_bytes), 0};
  if (all.start == NULL) fail("malloc");
  all.count = fread(all.start, 1, write_bytes, file);
  if (all.count == 0) fail(path);
  fclose(file);
  return all;
}

// The length of the first request head, 0 where its end has not come; `closes` tells whether it is the client's last.
static size_t head(const char *start, const char *end, bool *closes) {
  static const char field[] = "connection: close";
  *closes = false;
  const char *line = start, *feed;
  while ((feed = memchr(line, '\n', (size_t)(end - line))) != NULL) {
    size_t length = (size_t)(feed - line);
    if (length == 1 && line[0] == '\r') return (size_t)(feed + 1 - start);
    if (length >= sizeof field - 1 && strncasecmp(line, field, sizeof field - 1) == 0) *closes = true;
    line = feed + 1;
  }
  return 0;
}

static bool flush(int fd, size_t *count) {
  if (*count == 0) return true;
  ssize_t sent = send(fd, output, *count, MSG_NOSIGNAL);
  bool whole = sent == (ssize_t)*count;
  *count = 0;
  return whole;
}

// Answers every whole head of the `count` input bytes with one send (as far as the output buffer reaches) and keeps the
// rest; false when the connection is at its end.
static bool answer_all(int fd, size_t count) {
  const char *next = input, *end = input + count;
  size_t pending = 0, length;
  bool closes = false;
  while (!closes && (length = head(next, end, &closes)) > 0) {
    const struct bytes *chosen = closes ? &closing : &answer;
    if (pending + chosen->count > write_bytes && !flush(fd, &pending)) return false;
    memcpy(output + pending, chosen->start, chosen->count);
    pending += chosen->count;
    next += length;
  }
  if (!flush(fd, &pending) || closes) return false;
  size_t rest = (size_t)(end - next);
  if (rest == 0) return true;
  unfinished[fd] = (struct bytes){malloc(rest), rest};
  if (unfinished[fd].start == NULL) return false;
  memcpy(unfinished[fd].start, next, rest);
  return true;
}

static struct bytes take_unfinished(int fd) {
  struct bytes taken = unfinished[fd];
  unfinished[fd] = (struct bytes){NULL, 0};
  return taken;
}

// One recv, at most one send; false when the connection is at its end.
static bool serve(int fd) {
  struct bytes kept = take_unfinished(fd);
  if (kept.count > 0) memcpy(input, kept.start, kept.count);
  free(kept.start);
  // A head that fills the whole buffer leaves no room: recv then answers 0, and the connection ends.
  ssize_t received = recv(fd, input + kept.count, read_bytes - kept.count, 0);
  if (received < 0) return errno == EAGAIN && kept.count == 0;
  return received > 0 && answer_all(fd, kept.count + (size_t)received);
}

// With the deferred accept the request is usually there already: read at once, and register only what stays open.
static void accept_all(int poller, int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    struct epoll_event interest = {.events = EPOLLIN, .data.fd = fd};
    if (fd >= descriptors_max || !serve(fd) || epoll_ctl(poller, EPOLL_CTL_ADD, fd, &interest) < 0) close(fd);
  }
}

static int listen_on(unsigned short port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0) fail("socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
  if (listen(fd, SOMAXCONN) < 0) fail("listen");
  return fd;
}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: %s PORT ANSWER CLOSING\n", arguments[0]);
    return 64;
  }
  answer = contents(arguments[2]);
  closing = contents(arguments[3]);
  int listener = listen_on((unsigned short)atoi(arguments[1])), poller = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event interest = {.events = EPOLLIN, .data.fd = listener}, ready[batch_max];
  if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &interest) < 0) fail("epoll");
  for (;;) {
    int events = epoll_wait(poller, ready, batch_max, -1);
    for (int index = 0; index < events; index++) {
      int fd = ready[index].data.fd;
      if (fd == listener) accept_all(poller, listener);
      else if (!serve(fd)) close(fd);
    }
  }
}
