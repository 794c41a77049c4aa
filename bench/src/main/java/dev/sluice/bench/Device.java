package dev.sluice.bench;

import java.util.function.Consumer;

/**
 * A device under test.
 *
 * @param name one word, for options and JSON
 * @param what what it is, for people
 * @param start starts it in a bed; it ends with the bed. Throws if it is not to be had on this machine
 */
record Device(String name, String what, Consumer<Bed> start) {}
