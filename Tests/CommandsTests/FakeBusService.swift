import CSystemd
import Glibc
import Synchronization
import Testing

/// A bus with one service, as far as that is asked: it notes the arguments of one call, and answers it.
final class FakeBusService: Sendable {
  private let socket: CInt
  private let method: String
  private let interface: String
  private let types: String
  private let given: CInt?
  let asked = Mutex<[String]>([])

  /// - Parameters:
  ///   - method: the call that is answered, of an interface.
  ///   - types: the letters of its first arguments: texts and numbers.
  ///   - given: a descriptor that is the answer; without one that is a number.
  init(
    over socket: CInt, _ method: String, of interface: String, reading types: String,
    giving given: CInt? = nil
  ) {
    (self.socket, self.given) = (socket, given)
    (self.method, self.interface, self.types) = (method, interface, types)
  }

  /// Two sockets that are connected.
  static func socketPair() throws -> [CInt] {
    var ends: [CInt] = [-1, -1]
    let status = unsafe socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends)
    try #require(status == 0)
    return ends
  }

  func serve() {
    var made: OpaquePointer?
    guard unsafe sd_bus_new(&made) >= 0, let bus = unsafe made else { return }
    defer { _ = unsafe sd_bus_flush_close_unref(bus) }
    unsafe sd_bus_set_fd(bus, socket, socket)
    unsafe sd_bus_set_server(bus, 1, sd_id128_t(bytes: (1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7)))
    unsafe sd_bus_negotiate_fds(bus, 1)
    unsafe sd_bus_set_anonymous(bus, 1)
    guard unsafe sd_bus_start(bus) >= 0 else { return }
    let deadline = ContinuousClock.now + .seconds(10)
    while asked.withLock(\.isEmpty), ContinuousClock.now < deadline {
      var received: OpaquePointer?
      let status = unsafe sd_bus_process(bus, &received)
      guard status >= 0 else { return }
      if let message = unsafe received {
        unsafe answer(message, on: bus)
        _ = unsafe sd_bus_message_unref(message)
      } else if status == 0 {
        _ = unsafe sd_bus_wait(bus, 10_000)
      }
    }
  }

  private func answer(_ call: OpaquePointer, on bus: OpaquePointer) {
    var made: OpaquePointer?
    guard unsafe sd_bus_message_new_method_return(call, &made) >= 0, let reply = unsafe made else { return }
    defer { _ = unsafe sd_bus_message_unref(reply) }
    if unsafe sd_bus_message_is_method_call(call, nil, "Hello") > 0 {
      _ = unsafe sd_bus_message_append_basic(reply, CChar(UInt8(ascii: "s")), ":1.1")
    } else if unsafe sd_bus_message_is_method_call(call, interface, method) > 0 {
      for type in types.unicodeScalars {
        let argument = unsafe Self.argument(of: call, type)
        asked.withLock { $0.append(argument) }
      }
      if var descriptor = given {
        _ = unsafe sd_bus_message_append_basic(reply, CChar(UInt8(ascii: "h")), &descriptor)
      } else {
        var number: UInt32 = 1
        _ = unsafe sd_bus_message_append_basic(reply, CChar(UInt8(ascii: "u")), &number)
      }
    }
    _ = unsafe sd_bus_send(bus, reply, nil)
  }

  private static func argument(of call: OpaquePointer, _ type: Unicode.Scalar) -> String {
    let code = CChar(truncatingIfNeeded: type.value)
    guard type == "s" else {
      var number: UInt32 = 0
      _ = unsafe sd_bus_message_read_basic(call, code, &number)
      return String(number)
    }
    var text: UnsafePointer<CChar>?
    _ = unsafe sd_bus_message_read_basic(call, code, &text)
    return unsafe text.map { unsafe String(cString: $0) } ?? ""
  }
}
