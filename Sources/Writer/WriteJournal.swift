public import BlockIO

/// Who is told, before it happens, what a write is about to change; each call returns when its note lasts.
///
/// An error stops the run: what would be changed without a note could not be undone honestly.
public protocol WriteJournal: Sendable {
  /// The next request is the first one that changes the medium: it erases what the plan names.
  func willBegin() throws(SystemCallError)
  /// A piece of the image is about to be written that ends at a byte; called from several threads.
  func willWrite(upTo end: UInt64) throws(SystemCallError)
  /// All of the image is written and proven; the bytes from the first on that were overwritten.
  func didComplete(upTo end: UInt64) throws(SystemCallError)
}
