/**
 * From all objects to what each host is told: parts of nodes, what changes in them, who has what in force.
 *
 * <p>Place: above {@code model} and {@code southbound}, below {@code manager}, which gives it objects and takes states. Threads: one thread of a {@link
 * dev.sluice.controller.Controller} does all; streams hand over to it. Specification: V17, V20, X2. Start reading at {@link dev.sluice.controller.Parts}, then {@link
 * dev.sluice.controller.Distribution}.
 */
@NullMarked
package dev.sluice.controller;

import org.jspecify.annotations.NullMarked;
