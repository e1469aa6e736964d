namespace Overlay.Cni.Ipam;

/// <summary>What a line of the journal says; the value is the line's first letter.</summary>
internal enum JournalAction
{
    /// <summary>An attachment gets addresses.</summary>
    Reserve = '+',

    /// <summary>Its ADD came to its end.</summary>
    Complete = '=',

    /// <summary>An attachment is gone.</summary>
    Release = '-',

    /// <summary>An attachment has addresses, and its ADD came to its end. Written when the journal is made shorter.</summary>
    Hold = '*',

    /// <summary>Addresses were used before, and rest, the longest first. Written when the journal is made shorter.</summary>
    Rest = '~',
}
