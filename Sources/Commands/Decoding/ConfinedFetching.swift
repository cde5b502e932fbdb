import ImageSource

/// The process that fetches what a URL names and can do nothing else (R47).
enum ConfinedFetching {
  /// Fetches and ends the process, if it was started for that; returns otherwise.
  ///
  /// To be called before there is a second thread.
  static func runIfAsked() {
    // The only argument; it is no subcommand.
    guard CommandLine.arguments.dropFirst().elementsEqual([ConfinedFetcher.argument]) else { return }
    ConfinedFetcher.run()
  }
}
