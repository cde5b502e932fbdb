import ImageSource

extension FuzzTarget {
  /// What a server says before its bytes, and what the process that fetches says of it.
  public static let fetching = FuzzTarget(
    "fetching",
    seeds: {
      let first = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nETag: \"a\"\r\n\r\n\u{4}"
      let rest = """
        HTTP/2 206\r\nContent-Range: bytes 1024-2047/2048\r\nContent-Length: 1024\r\nRetry-After: 3\r\n\
        Content-Encoding: identity\r\nLast-Modified: Sat, 31 Jan 2026 12:00:00 GMT\r\n\r\n\u{3}
        """
      let opening: [UInt8] = [0, 1, 7, 0, 0, 0, 0, 0, 0, 0] + Array("https://host/a".utf8)
      return [Array(first.utf8), Array((first + rest).utf8), opening, [2, 0, 0, 0, 0, 0, 1, 0]]
        + (0...16).map { [$0, 200, 0, 0, 0, 0, 0, 0, 0] + Array("text".utf8) }
    },
    run: { bytes in
      hear(bytes)
      if let frame = FetchFrame(parsing: Array(bytes.prefix(8))) {
        precondition(frame.header == Array(bytes.prefix(8)), "there is one form only")
      }
      if let opening = FetchOpening(parsing: bytes) {
        precondition(opening.bytes == bytes, "there is one form only")
      }
      _ = FetchFailure(payload: bytes)
    })

  /// Heads of responses, each up to an empty line, behind which stands how many pieces of 256 bytes follow.
  private static func hear(_ bytes: [UInt8]) {
    var progress = FetchProgress()
    var head = ResponseHead()
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
    while let line = lines.popFirst() {
      guard line.isEmpty || line.elementsEqual([UInt8(ascii: "\r")]) else {
        head.take(line: Array(line))
        continue
      }
      let before = progress.byteCount
      switch progress.judge(head) {
      case .fail: return
      case .ignore: break
      case .take(let skipped): precondition(skipped <= before, "nothing is left out that has not come")
      }
      let count = Int(lines.first?.first ?? 0) << 8
      guard progress.count(count) == nil else { return }
      precondition(progress.byteCount <= progress.wholeByteCount ?? .max, "what is too long is refused")
    }
  }
}
