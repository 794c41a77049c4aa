package dev.sluice.bench;

/**
 * What one run of a device gave.
 *
 * @param value in the unit of the comparison; more is better
 * @param processorNs processor time of the device's process per frame, in ns; 0 if it has none. Less disturbed by what else runs on the machine
 */
record Figure(double value, double processorNs) {}
