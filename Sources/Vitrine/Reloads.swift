internal import Catalog
internal import Dispatch
internal import Metrics

/// Reads catalogue and tokens again: on SIGHUP, and when a file has changed.
///
/// Changes are seen by a stat(2) of each file every second. inotify(7) would tell sooner, and not at all on the network
/// file systems that volumes often are; a link that is swapped, as the kubelet does it, would need a watch on each folder
/// on the way, set anew after each swap. Two calls a second cost nothing that could be measured.
final class Reloads: Sendable {
  private let store: EmbeddedProductStore
  private let tokens: WriteTokens?
  private let log: Log
  private let catalogReloads: Counter
  private let tokenReloads: Counter
  /// Reading blocks.
  private let files = DispatchQueue(label: "files")
  private nonisolated(unsafe) let timer: (any DispatchSourceTimer)?

  /// - Parameter interval: between two looks; zero: none.
  init(
    store: EmbeddedProductStore, tokens: WriteTokens?, every interval: Duration, registry: Registry, log: Log
  ) {
    self.store = store
    self.tokens = tokens
    self.log = log
    let results = [Label("result", ["success", "failure"])]
    catalogReloads = registry.counter(
      "vitrine_catalog_reloads_total", "Reloads of the catalogue's file, by result.", labels: results)
    tokenReloads = registry.counter(
      "vitrine_write_token_reloads_total", "Reloads of the tokens' file, by result.", labels: results)
    guard interval > .zero, store.file != nil || tokens != nil else {
      unsafe timer = nil
      return
    }
    let timer = DispatchSource.makeTimerSource(queue: files)
    let nanoseconds = Int(interval / .nanoseconds(1))
    timer.schedule(
      deadline: .now() + .nanoseconds(nanoseconds), repeating: .nanoseconds(nanoseconds),
      leeway: .nanoseconds(nanoseconds / 10))
    unsafe self.timer = timer
    timer.setEventHandler { [weak self] in self?.look(onlyIfTouched: true) }
    timer.activate()
  }

  deinit {
    unsafe timer?.cancel()
  }

  /// SIGHUP. A bad file changes nothing.
  func reload() {
    if store.file == nil, tokens == nil { log.info("reloaded", ["products": "in memory"]) }
    files.async { [self] in look(onlyIfTouched: false) }
  }

  private func look(onlyIfTouched: Bool) {
    store.reload(onlyIfTouched: onlyIfTouched) { [self] result in tell(result) }
    guard let tokens else { return }
    do throws(WriteTokensError) {
      guard try tokens.reload(onlyIfTouched: onlyIfTouched) else { return }
      tokenReloads.addShared(at: 0)
      log.info("reloaded", ["writeTokens": .string(tokens.path)])
    } catch {
      tokenReloads.addShared(at: 1)
      for line in error.lines { log.error("the last good write tokens are kept", ["error": .string(line)]) }
    }
  }

  private func tell(_ result: EmbeddedProductStore.Reload) {
    switch result {
    case .done(let changed):
      catalogReloads.addShared(at: 0)
      let snapshot = store.snapshot
      log.info(
        "reloaded",
        [
          "products": .string(store.file?.path ?? ""), "changed": .bool(changed), "count": .int(snapshot.count),
          "revision": .int(snapshot.revision),
        ])
    case .failed(let error):
      catalogReloads.addShared(at: 1)
      for line in error.lines { log.error("the last good catalogue is kept", ["error": .string(line)]) }
    }
  }
}
