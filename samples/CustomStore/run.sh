# A lease store of one's own, and the contract that says whether it is one.
lines=$(grep -cv '^ *\(//.*\)\{0,1\}$' samples/CustomStore/JournalStore.cs)
printf '%sA store of your own, in %s lines: samples/CustomStore/JournalStore.cs%s\n' "$bold" "$lines" "$plain"
step "1. Build it, and the contract with it"
work=$(mktemp -d "/tmp/$prefix-XXXXXX")
trap 'finish $?' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
dotnet build samples/CustomStore -c Release -p:RunAnalyzers=false -v quiet --nologo >"$work/build" 2>&1 || { cat "$work/build"; fail "The build failed."; }

step "2. Run the contract: what a store must do, and what the lease manager does on it"
command_line "class JournalStoreTests : LeaseStoreContract { ILeaseStore Open(...) => new JournalStore(...); }"
artifacts/bin/CustomStore/release/CustomStore -noColor -noLogo -verbose >"$work/contract" 2>&1 || { cat "$work/contract"; fail "The store breaks the contract."; }
sed -n 's/.*\.\(Journal[A-Za-z]*\.[A-Za-z_0-9]*\).*\[FINISHED\].*/\1/p' "$work/contract" | sort -u | indent
grep 'Total:' "$work/contract" | sed 's/^ */  /'
good "It is a lease store: builder.Services.AddOverlay().UseLeaseStore(services => new JournalStore(...))"
