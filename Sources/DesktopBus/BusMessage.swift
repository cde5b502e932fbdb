import BlockIO
import CSystemd
import Glibc

/// A D-Bus message, written before it is sent or read when it has come; unreferenced with its owner.
///
/// The variadic functions of sd-bus are left alone: Swift cannot call them, and types are checked here.
@safe
struct BusMessage: ~Copyable {
  let handle: OpaquePointer

  /// Takes over a reference.
  init(adopting handle: OpaquePointer) { unsafe self.handle = handle }

  deinit { _ = unsafe sd_bus_message_unref(handle) }

  // MARK: Writing

  func append(_ text: String) throws(BusError) {
    try check(unsafe sd_bus_message_append_basic(handle, Self.code("s"), text))
  }

  func append(_ number: UInt32) throws(BusError) {
    var number = number
    try check(unsafe sd_bus_message_append_basic(handle, Self.code("u"), &number))
  }

  /// An argument of the type `as` with nothing in it.
  func appendNoTexts() throws(BusError) {
    try open("a", "s")
    try close()
  }

  func append(_ number: Int32) throws(BusError) {
    var number = number
    try check(unsafe sd_bus_message_append_basic(handle, Self.code("i"), &number))
  }

  /// An argument of the type `a{sv}`: options by their names.
  func appendOptions(texts: [String: String] = [:], numbers: [String: Int32] = [:]) throws(BusError) {
    try open("a", "{sv}")
    for (name, value) in texts.sorted(by: { $0.key < $1.key }) {
      try open("e", "sv")
      try append(name)
      try open("v", "s")
      try append(value)
      try close()
      try close()
    }
    for (name, value) in numbers.sorted(by: { $0.key < $1.key }) {
      try open("e", "sv")
      try append(name)
      try open("v", "i")
      try append(value)
      try close()
      try close()
    }
    try close()
  }

  private func open(_ type: Unicode.Scalar, _ contents: String) throws(BusError) {
    try check(unsafe sd_bus_message_open_container(handle, Self.code(type), contents))
  }

  private func close() throws(BusError) { try check(unsafe sd_bus_message_close_container(handle)) }

  /// Lets polkit ask somebody before it answers.
  func allowQuestions() throws(BusError) {
    try check(unsafe sd_bus_message_set_allow_interactive_authorization(handle, 1))
  }

  // MARK: Reading

  /// The error that this message is, if it is one.
  var error: BusError? {
    guard unsafe sd_bus_message_is_method_error(handle, nil) > 0 else { return nil }
    guard let error = unsafe sd_bus_message_get_error(handle) else {
      return .failed("an error without a name")
    }
    // Safe: both are null-terminated, and live as long as the message.
    let name = unsafe error.pointee.name.map { unsafe String(cString: $0) } ?? ""
    let text = unsafe error.pointee.message.map { unsafe String(cString: $0) } ?? ""
    return BusError(name: name, message: text)
  }

  /// The object paths of an argument of the type `ao`; more than a few are no answer.
  func objectPaths() throws(BusError) -> [String] {
    try check(unsafe sd_bus_message_enter_container(handle, Self.code("a"), "o"))
    var paths: [String] = []
    while paths.count < 16 {
      var path: UnsafePointer<CChar>?
      let status = unsafe sd_bus_message_read_basic(handle, Self.code("o"), &path)
      try check(status)
      guard status > 0, let path = unsafe path else { break }
      // Safe: the text lives as long as the message.
      paths.append(unsafe String(cString: path))
    }
    return paths
  }

  /// A file descriptor, copied: the message closes its own.
  func descriptor() throws(BusError) -> OwnedDescriptor {
    var received: CInt = -1
    let status = unsafe sd_bus_message_read_basic(handle, Self.code("h"), &received)
    try check(status)
    guard status > 0, received >= 0 else { throw .failed("the answer holds no descriptor") }
    let copy = fcntl(received, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw .failed("fcntl F_DUPFD_CLOEXEC: errno \(errno)") }
    return OwnedDescriptor(adopting: copy)
  }

  /// A number of the type `t`, inside a variant.
  func numberInVariant() throws(BusError) -> UInt64 {
    try check(unsafe sd_bus_message_enter_container(handle, Self.code("v"), "t"))
    var number: UInt64 = 0
    try check(unsafe sd_bus_message_read_basic(handle, Self.code("t"), &number))
    return number
  }

  /// Paths of the type `aay`, each with a zero at its end, inside a variant; more than a few are no answer.
  func pathsInVariant() throws(BusError) -> [String] {
    try check(unsafe sd_bus_message_enter_container(handle, Self.code("v"), "aay"))
    try check(unsafe sd_bus_message_enter_container(handle, Self.code("a"), "ay"))
    var paths: [String] = []
    while true {
      var bytes: UnsafeRawPointer?
      var count = 0
      let status = unsafe sd_bus_message_read_array(handle, Self.code("y"), &bytes, &count)
      try check(status)
      guard status > 0 else { return paths }
      guard paths.count < 256 else { throw .failed("a list that does not end") }
      // Safe: the bytes live as long as the message.
      let path = unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count))
      paths.append(String(decoding: path.prefix { $0 != 0 }, as: UTF8.self))
    }
  }

  private func check(_ status: CInt) throws(BusError) {
    guard status < 0 else { return }
    throw .failed("a message of another form than expected (errno \(-status))")
  }

  /// The letter of a type, as C has it.
  private static func code(_ letter: Unicode.Scalar) -> CChar { CChar(truncatingIfNeeded: letter.value) }
}
