namespace Overlay.Linux.Kernel;

/// <content>What follows from the kernel's answer to a change.</content>
internal sealed partial class ReconcilerCore
{
    private void Conclude(KernelChange change, bool isWhole)
    {
        var slot = change.Slot;
        var isSettled = !slot.IsInFlight;
        slot.IsInFlight = false;
        if (change.Wanted is null)
        {
            ConcludeRemoval(slot, change);
        }
        else if (isSettled)
        {
            // The kernel has shown it already; a loss since then is on the agenda.
        }
        else if (change.Refusal is { } refusal)
        {
            ConcludeRefusal(slot, change, refusal);
        }
        else if (!isWhole)
        {
            // What the kernel made of it was lost. The dump that follows will show it.
            if (_dumpDue > _agenda.Now)
            {
                _agenda.Defer(slot, RestMilliseconds);
            }
            else
            {
                _agenda.Add(slot);
            }
        }
        else if (slot.Observed is null && !slot.IsTouched)
        {
            // It stood there already, unseen, for example outside every claim: the kernel does not announce what it does not change.
            slot.IsInFlight = true;
            Ledger.SetObserved(slot, slot.Desired);
            _observation.Settle(slot);
        }
        else if (!_devices.Allow(change.Wanted))
        {
            _agenda.Add(slot);
        }
        else if (change.Wanted is RouteEntry && slot.Observed is not null && !slot.RemovesFirst)
        {
            // Somebody appended a second route with the same key: the first one was replaced, and the other one is still there.
            slot.RemovesFirst = true;
            _agenda.Add(slot);
        }
        else if (slot.Observed is null && change.RemovesFirst)
        {
            // The removal was announced, the rest did not change anything: the other one of two such routes is the wanted one, or nothing is left.
            slot.RemovesFirst = false;
            _agenda.Add(slot);
        }
        else
        {
            Fail(slot, slot.Observed is { } shown ? $"the kernel shows: {shown}" : "the kernel dropped it at once");
        }
    }

    private void ConcludeRemoval(Slot slot, KernelChange change)
    {
        if (change.Refusal is { } refusal)
        {
            slot.Trouble ??= new SlotTrouble();
            _agenda.Defer(slot, BackOff.AfterFailure(++slot.Trouble.Failures));
            Log.NotRemoved(_logger, change.Seen!, refusal.Text);
            return;
        }

        if (!slot.IsTouched)
        {
            Ledger.SetObserved(slot, null);
        }

        if (slot.Observed is null)
        {
            Ledger.Forget(slot);
        }
        else
        {
            // Somebody added it again in between.
            _agenda.Defer(slot, BackOff.AfterFailure(1));
        }
    }

    private void ConcludeRefusal(Slot slot, KernelChange change, KernelRefusal refusal)
    {
        if (!_devices.Allow(change.Wanted!))
        {
            // The device went while the change was on its way.
            _agenda.Add(slot);
        }
        else if (refusal.NeedsRemoval && slot.Observed is not null && !slot.RemovesFirst)
        {
            slot.RemovesFirst = true;
            _agenda.Add(slot);
        }
        else
        {
            Fail(slot, refusal.Text);
        }
    }

    private void Fail(Slot slot, string error)
    {
        slot.Trouble ??= new SlotTrouble();
        var failures = ++slot.Trouble.Failures;
        ScopeState.Move(slot, SlotState.Failed, error);
        _agenda.Defer(slot, BackOff.AfterFailure(failures));
        if (failures == 1)
        {
            Log.Refused(_logger, slot.Desired!, error);
        }
    }
}
