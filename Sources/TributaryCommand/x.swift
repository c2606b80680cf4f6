extension CommandFailure { init(_ error: any Error, undone: String) { self.init(.unexpected, undone: undone, why: "", next: "") } }
