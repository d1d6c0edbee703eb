internal import Catalog
internal import Dispatch
internal import Metrics
internal import Networking

/// Reads catalogue, tokens and certificate again: on SIGHUP, and when a file has changed.
///
/// Changes are seen by a stat(2) of each file every second. inotify(7) would tell sooner, and not at all on the network
/// file systems that volumes often are; a link that is swapped, as the kubelet does it, would need a watch on each folder
/// on the way, set anew after each swap. Two calls a second cost nothing that could be measured.
final class Reloads: Sendable {
  /// Nil: a store that has no file.
  private let store: EmbeddedProductStore?
  private let tokens: WriteTokens?
  private let tls: TLSFiles?
  private let log: Log
  private let catalogReloads: Counter
  private let tokenReloads: Counter
  private let certificateReloads: Counter?
  /// Reading blocks.
  private let files = DispatchQueue(label: "files")
  private nonisolated(unsafe) let timer: (any DispatchSourceTimer)?

  /// - Parameter interval: between two looks; zero: none.
  init(
    store: EmbeddedProductStore?, tokens: WriteTokens?, tls: TLSFiles?, every interval: Duration, registry: Registry,
    log: Log
  ) {
    self.store = store
    self.tokens = tokens
    self.tls = tls
    self.log = log
    let results = [Label("result", ["success", "failure"])]
    catalogReloads = registry.counter(
      "vitrine_catalog_reloads_total", "Reloads of the catalogue's file, by result.", labels: results)
    tokenReloads = registry.counter(
      "vitrine_write_token_reloads_total", "Reloads of the tokens' file, by result.", labels: results)
    certificateReloads = tls.map { _ in
      registry.counter(
        "tls_certificate_reloads_total", "Reloads of certificate and key, by result.", labels: results)
    }
    guard interval > .zero, store?.file != nil || tokens != nil || tls != nil else {
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
    if store?.file == nil, tokens == nil, tls == nil { log.info("reloaded", ["products": "in no file"]) }
    files.async { [self] in look(onlyIfTouched: false) }
  }

  private func look(onlyIfTouched: Bool) {
    if let store {
      store.reload(onlyIfTouched: onlyIfTouched) { [self] result in tell(result, of: store) }
    }
    if let tokens { look(at: tokens, onlyIfTouched: onlyIfTouched) }
    if let tls { look(at: tls, onlyIfTouched: onlyIfTouched) }
  }

  private func look(at tokens: WriteTokens, onlyIfTouched: Bool) {
    do throws(WriteTokensError) {
      guard try tokens.reload(onlyIfTouched: onlyIfTouched) else { return }
      tokenReloads.addShared(at: 0)
      log.info("reloaded", ["writeTokens": .string(tokens.path)])
    } catch {
      tokenReloads.addShared(at: 1)
      for line in error.lines { log.error("the last good write tokens are kept", ["error": .string(line)]) }
    }
  }

  private func look(at tls: TLSFiles, onlyIfTouched: Bool) {
    do throws(TLSFilesError) {
      guard try tls.reload(onlyIfTouched: onlyIfTouched) else { return }
      certificateReloads?.addShared(at: 0)
      log.info("reloaded", tls.fields)
      if let warning = tls.warning(at: Clock.realtime / 1_000_000_000) { log.warning(warning, tls.fields) }
    } catch {
      certificateReloads?.addShared(at: 1)
      for line in error.lines { log.error("the last good certificate is kept", ["error": .string(line)]) }
    }
  }

  private func tell(_ result: EmbeddedProductStore.Reload, of store: EmbeddedProductStore) {
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
