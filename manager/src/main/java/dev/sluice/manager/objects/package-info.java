/**
 * The objects of the manager: who may say what of them, what they become, what is on record.
 *
 * <p>Purpose: every change of objects goes through one place that checks the whole configuration as it would be, keeps who owns which field, and
 * writes objects and audit record in one transaction. Place: above {@code store}, below {@code rest}; kinds and their rules are those of
 * {@code model}. Threads: any; changes are one after the other. Specification: {@code docs/guides/manager.md}. Start reading at
 * {@link dev.sluice.manager.objects.Inventory}.
 */
@NullMarked
package dev.sluice.manager.objects;

import org.jspecify.annotations.NullMarked;
