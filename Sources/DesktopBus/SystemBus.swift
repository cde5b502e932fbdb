import BlockIO
import CSystemd
import Glibc

/// A connection to the system bus, or to that of a user, closed with its owner.
@safe
struct SystemBus: ~Copyable {
  private let handle: OpaquePointer

  /// Connects.
  init() throws(BusError) {
    var opened: OpaquePointer?
    let status = unsafe sd_bus_open_system(&opened)
    guard status >= 0, let opened = unsafe opened else {
      throw .unavailable("there is no system bus (errno \(-status))")
    }
    unsafe handle = opened
  }

  /// Takes over a connected socket.
  init(over socket: consuming OwnedDescriptor) throws(BusError) {
    let descriptor = fcntl(socket.rawValue, F_DUPFD_CLOEXEC, 3)
    try unsafe self.init { unsafe sd_bus_set_fd($0, descriptor, descriptor) }
  }

  /// Connects to the bus that logind keeps for a user.
  init(ofUser user: UInt32) throws(BusError) {
    try unsafe self.init { unsafe sd_bus_set_address($0, "unix:path=/run/user/\(user)/bus") }
  }

  private init(_ aim: (OpaquePointer) -> CInt) throws(BusError) {
    var made: OpaquePointer?
    guard unsafe sd_bus_new(&made) >= 0, let made = unsafe made else {
      throw .unavailable("no connection can be made")
    }
    var status = unsafe aim(made)
    if status >= 0 { status = unsafe sd_bus_set_bus_client(made, 1) }
    if status >= 0 { status = unsafe sd_bus_negotiate_fds(made, 1) }
    if status >= 0 { status = unsafe sd_bus_start(made) }
    guard status >= 0 else {
      _ = unsafe sd_bus_close_unref(made)
      throw .unavailable("the connection cannot be used (errno \(-status))")
    }
    unsafe handle = made
  }

  // Every call that matters has been answered by now; one that has not must not hold up a write.
  deinit { _ = unsafe sd_bus_close_unref(handle) }

  /// A call that has no arguments yet.
  func call(
    _ method: String, of interface: String, at object: String, from service: String
  ) throws(BusError) -> BusMessage {
    var message: OpaquePointer?
    let status = unsafe sd_bus_message_new_method_call(handle, &message, service, object, interface, method)
    guard status >= 0, let message = unsafe message else {
      throw .failed("no message can be made (errno \(-status))")
    }
    return unsafe BusMessage(adopting: message)
  }

  /// How often somebody is asked whether the answer is still wanted, in microseconds.
  private static let patience: UInt64 = 100_000

  /// Sends a call and waits for its answer, for minutes where polkit asks a person.
  func answer(
    to call: borrowing BusMessage, within time: Duration, isCancelled: () -> Bool
  ) throws(BusError) -> BusMessage {
    var cookie: UInt64 = 0
    try check(unsafe sd_bus_send(handle, call.handle, &cookie), "sd_bus_send")
    let deadline = ContinuousClock.now + time
    while true {
      if isCancelled() { throw .cancelled }
      guard ContinuousClock.now < deadline else { throw .failed("no answer within \(time)") }
      var received: OpaquePointer?
      let processed = unsafe sd_bus_process(handle, &received)
      try check(processed, "sd_bus_process")
      if let received = unsafe received {
        let message = unsafe BusMessage(adopting: received)
        // Others, such as the bus's own signals, are of no interest.
        var origin: UInt64 = 0
        guard unsafe sd_bus_message_get_reply_cookie(message.handle, &origin) >= 0, origin == cookie else {
          continue
        }
        if let error = message.error { throw error }
        return message
      }
      if processed == 0 {
        let left = max(.zero, deadline - ContinuousClock.now) / .microseconds(1)
        let status = unsafe sd_bus_wait(handle, min(Self.patience, UInt64(left)))
        if status != -EINTR { try check(status, "sd_bus_wait") }
      }
    }
  }

  private func check(_ status: CInt, _ call: String) throws(BusError) {
    if status < 0 { throw .unavailable("\(call): errno \(-status)") }
  }
}
