import Testing

/// Whole programs: the shipped `tributary`, several processes, TLS on loopback, writers in Python.
///
/// One after the other: each of them wants the machine for itself.
@Suite(.serialized) enum EndToEnd {}
