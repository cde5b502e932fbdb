public import Sandbox

/// Why what a URL names could not be fetched to its end; offsets and lengths are in bytes.
public enum FetchFailure: Error, Hashable, Sendable {
  /// This system has no libcurl, or one that lacks what is needed.
  case noLibrary
  /// The process that fetches could not be confined, and has asked nobody; the error's number.
  case unconfined(Int32)
  /// The file that the environment names for certificates cannot be read.
  case certificates
  /// libcurl or the server said something that has no case of its own; a text of libcurl's.
  case transfer(String)
  /// The name of the server is not known; a text of libcurl's.
  case unresolved(String)
  /// Nobody answers there; a text of libcurl's.
  case unreachable(String)
  /// The server did not prove who it is; a text of libcurl's.
  case unproven(String)
  /// The server answered with a status that is no success.
  case status(UInt16)
  /// More than ten servers sent it on, or in a circle.
  case redirects
  /// The server sent it on to where nothing is protected, or to another kind of URL.
  case insecureRedirect
  /// The file at the server is another one than at the beginning.
  case changed(offset: UInt64)
  /// The connection was lost, and the server does not let it go on from there, or not so that it can be trusted.
  case cannotResume(offset: UInt64)
  /// The connection was lost, again and again; a text of libcurl's.
  case lost(offset: UInt64, String)
  /// The server sent another part than was asked for.
  case wrongPart(offset: UInt64)
  /// The server sent more than it had announced.
  case tooLong(announced: UInt64)
  /// The server packed what it sent, which was not asked for.
  case encoded
  /// It is longer than any file of its kind; the limit.
  case tooLarge(limit: UInt64)
  /// The process that fetches came to no good end.
  case process(ConfinementError)
  /// The process that fetches said what makes no sense.
  case senseless
}
