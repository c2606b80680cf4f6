extension Mutant {
  /// The kind of trouble in which it shows soonest.
  package var shape: HistoryShape { .mixed }
}
