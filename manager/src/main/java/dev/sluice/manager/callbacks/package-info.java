/**
 * Tells service managers, programs of vendors, in which chains their nodes are (V19, and V17's rules for nodes): computes what each has to know, calls those back that want to be called, until
 * they have it, and answers those that ask.
 *
 * <p>Place: the manager that leads calls; every manager answers. Threads: {@link dev.sluice.manager.callbacks.Callbacks} has none and is told the time; {@link
 * dev.sluice.manager.callbacks.CallbackService} has one, and one for each call under way. Start reading at {@link dev.sluice.manager.callbacks.Assignment}.
 */
@NullMarked
package dev.sluice.manager.callbacks;

import org.jspecify.annotations.NullMarked;
