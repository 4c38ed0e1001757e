import time
from runner import demo_files as f
def test_smoke(lake):
    t=time.time(); lake.land('a.tsv', f.FIRST); r=lake.build(); print('build1', time.time()-t, {k:(v.status,v.message,round(v.seconds,1)) for k,v in r.nodes.items()})
    t=time.time(); lake.land('b.tsv', f.UPDATES); r=lake.dbt('run'); print('run2', time.time()-t, r.success, {k:(v.status,v.message,v.response, round(v.seconds,1)) for k,v in r.nodes.items()})
    t=time.time(); r=lake.dbt('run'); print('idle', time.time()-t, {k:(v.status,v.message,v.response) for k,v in r.nodes.items()})
    t=time.time(); print(lake.differences(), time.time()-t)
    lake.land('c.tsv', f.HUGE_QUANTITY); r=lake.dbt('run'); print(r.message('silver_orders')); print([ (s.id,s.parent,s.checkpoint) for s in lake.snapshots('silver.orders')]); print(lake.table('silver.orders').refs())
    for a in (['show','--select','silver_orders'],['source','freshness'],['test','--select','test_type:unit'],['docs','generate']):
        t=time.time(); r=lake.dbt(*a); print(a, time.time()-t, r.success, r.nodes, r.output[-1500:])
    print(list((lake.work/'target').iterdir()))
    print(lake.rows('bronze.orders')[0], lake.rows('silver.orders')[0])
