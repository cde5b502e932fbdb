import BlockIO
import CCurl
import Glibc
import Sandbox

/// One question to one server, through libcurl.
enum Transfer {
  /// How it ended.
  struct Result {
    /// 0, one of libcurl's numbers, or one of the shim's.
    let code: CInt
    /// What libcurl says about that.
    let text: String
    /// Where the server sends it on to; empty where it does not.
    let redirect: String
    /// What a proxy has answered that was asked for a tunnel; 0 where there was none.
    let proxyStatus: Int
  }

  /// What libcurl's callbacks reach.
  private final class Listener {
    let header: ([UInt8]) -> Bool
    let body: ([UInt8]) -> Bool

    init(_ header: @escaping ([UInt8]) -> Bool, _ body: @escaping ([UInt8]) -> Bool) {
      self.header = header
      self.body = body
    }

    /// The one whose address libcurl was given, and what it has for that.
    static func hand(
      _ context: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int,
      to choose: (Listener) -> ([UInt8]) -> Bool
    ) -> Bool {
      guard let context = unsafe context, let bytes = unsafe bytes else { return false }
      // Safe: it lives until the transfer has ended, and the library gives so many bytes.
      let listener = unsafe Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue()
      return choose(listener)(unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count)))
    }
  }

  /// Asks for the file, or for what is missing of it.
  static func carryOut(
    _ route: Route, _ progress: FetchProgress, _ request: FetchRequest, _ certificates: [UInt8],
    header: @escaping ([UInt8]) -> Bool, body: @escaping ([UInt8]) -> Bool
  ) -> Result {
    let listener = Listener(header, body)
    let isKnown = route.isAtOrigin && request.url.hasCredentials
    let continuation = progress.continuation
    let texts = Texts([
      Array(route.url.bare.utf8), isKnown ? request.url.user : nil, isKnown ? request.url.password : nil,
      (continuation?.range).map { Array($0.utf8) }, (continuation?.condition).map { Array($0.utf8) },
    ])
    return unsafe certificates.withUnsafeBytes { pem in
      var asked = unsafe ccurl_request()
      unsafe asked.url = texts[0]
      unsafe asked.user = texts[1]
      unsafe asked.password = texts[2]
      unsafe asked.range = texts[3]
      unsafe asked.condition = texts[4]
      unsafe asked.certificates = pem.isEmpty ? nil : pem.baseAddress
      unsafe asked.certificates_size = pem.count
      unsafe asked.control = ConfinedProcess.input
      unsafe asked.stall = request.patience.stall
      // Safe: the listener lives until the call returns, and is used by it alone.
      unsafe asked.context = Unmanaged.passUnretained(listener).toOpaque()
      unsafe asked.header = { unsafe Listener.hand($0, $1, $2, to: \.header) }
      unsafe asked.body = { unsafe Listener.hand($0, $1, $2, to: \.body) }
      var result = unsafe ccurl_result()
      unsafe ccurl_fetch(&asked, &result)
      return withExtendedLifetime((listener, texts)) {
        unsafe Result(
          code: result.code, text: String(cString: result.text), redirect: String(cString: result.redirect),
          proxyStatus: result.proxy_status)
      }
    }
  }

  /// What a number of libcurl's means.
  static func failure(_ result: Result, offset: UInt64) -> FetchFailure {
    // A tunnel that is refused looks like a connection that was lost.
    guard result.proxyStatus == 0 || (200...299).contains(result.proxyStatus) else {
      return .unreachable("the proxy answers with the status \(result.proxyStatus)")
    }
    return switch result.code {
    case 5, 6: .unresolved(result.text)
    case 7, 97: .unreachable(result.text)
    case 35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91, 98: .unproven(result.text)
    // Partial file, timeout, nothing, send, receive, HTTP/2, HTTP/3.
    case 18, 28, 52, 55, 56, 16, 92, 95: .lost(offset: offset, result.text)
    default: .transfer(result.text)
    }
  }

  /// Whether the same may go better at another time.
  static func isWorthRetrying(_ failure: FetchFailure, hasBegun: Bool) -> Bool {
    switch failure {
    case .lost, .status: true
    // A network that is gone may come back; before the first byte it is rather a mistake.
    case .unresolved, .unreachable: hasBegun
    default: false
    }
  }
}

/// Texts as C reads them, whatever their encoding, for as long as this lives; none of them holds a zero byte.
@safe
private final class Texts {
  private let pointers: [UnsafeMutablePointer<CChar>?]

  init(_ texts: [[UInt8]?]) {
    unsafe pointers = texts.map { text in
      unsafe text.flatMap { unsafe strdup(($0 + [0]).map { CChar(bitPattern: $0) }) }
    }
  }

  deinit { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }

  subscript(index: Int) -> UnsafePointer<CChar>? { unsafe pointers[index].map { unsafe UnsafePointer($0) } }
}
